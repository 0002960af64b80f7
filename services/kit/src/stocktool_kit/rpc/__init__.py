"""grpc.aio servers and channels with the interceptors every service shares."""
