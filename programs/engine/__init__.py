"""The room's seam to the toolchain and the engine: nothing else here compiles, verifies or replays."""
