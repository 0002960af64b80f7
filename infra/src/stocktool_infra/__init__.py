"""AWS resources as one CDK app, and their deployment to the emulator."""
