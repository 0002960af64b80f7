"""AWS through boto3 on bounded threads: tables, buckets, queues, topics, leases, outbox."""
