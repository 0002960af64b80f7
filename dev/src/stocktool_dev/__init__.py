"""The laptop plane: launcher, supervisor configuration, emulator, demo seed, doctor."""
