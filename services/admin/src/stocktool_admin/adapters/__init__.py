"""Ports over DynamoDB, SQS and the other services' gRPC."""
