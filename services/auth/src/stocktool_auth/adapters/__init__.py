"""Ports over DynamoDB, Secrets Manager, argon2, JOSE and the push service."""
