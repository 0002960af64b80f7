"""Reading files of brokers: texts in, drafts of ledger entries out."""
