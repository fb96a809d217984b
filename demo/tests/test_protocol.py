import random

from demo.protocol import CHALLENGE, POSITION, Message, decode


def test_it_works() -> None:
    message = Message(POSITION, 7, 9, b"abcdefgh", -1, 2, 3, 2**63 + 1)
    data = message.encode()
    assert len(data) == 44
    assert data[:4] == b"FPG1"
    assert decode(data) == message


def test_challenge_is_header_only() -> None:
    data = Message(CHALLENGE, 7, 9, b"abcdefgh").encode()
    assert len(data) == 24
    challenge = decode(data)
    assert challenge is not None
    assert challenge.cookie == b"abcdefgh"


def test_rubbish_is_none() -> None:
    rng = random.Random(1)
    good = Message(POSITION, 1, 2).encode()
    assert decode(b"") is None
    assert decode(good[:-1]) is None
    assert decode(good + b"x") is None
    for _ in range(2000):
        assert decode(rng.randbytes(rng.randint(0, 80))) is None
