"""All of them, one after the other."""

from demo.bench import check, programs, replay

for part in (programs, replay, check):
    part.main()
    print()
