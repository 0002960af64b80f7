"""How the ports are kept: DynamoDB, S3, SQS, Chroma, a local model, a parsing process."""
