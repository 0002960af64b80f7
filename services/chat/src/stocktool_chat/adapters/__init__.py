"""The chat service's ports over DynamoDB, S3, the model's API and the other services' gRPC."""
