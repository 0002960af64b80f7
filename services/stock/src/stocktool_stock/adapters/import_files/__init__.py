"""Files of brokers: from bytes to rows, on threads of their own."""
