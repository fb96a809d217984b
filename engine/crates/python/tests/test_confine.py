"""What a confined process can no longer do, and what it still must: each tried for real, in a process of its own."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

FIRST_BYTE = Path(__file__).parents[2] / "dataplane/tests/fixtures/first_byte.o"
SECRET = "secret"

CONFINED = """
import ctypes, errno, json, mmap, os, pathlib, socket, sys, threading
import flowprotect_engine
folder = pathlib.Path(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
server = socket.create_server(("127.0.0.1", 0))
allowed = socket.create_server(("127.0.0.1", 0))
plane = flowprotect_engine.Dataplane(["relay:127.0.0.1:0->127.0.0.1:9"], begin=False)
missing = flowprotect_engine.confine(
    read=[str(folder / "read"), "/not/there", *filter(None, sys.path)],
    write=[str(folder / "state")],
    connect=[allowed.getsockname()[1]],
)
def call(number, *arguments):
    ctypes.set_errno(0)
    if libc.syscall(number, *arguments) == -1:
        raise OSError(ctypes.get_errno(), "refused")
"""


def run(folder: Path, code: str, before: str = CONFINED) -> str:
    """What the code prints in a confined process. The test fails where the process does."""
    for name in ("read", "state"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "read/file").write_text("readable")
    (folder / SECRET).write_text(SECRET)
    text = before + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", text, folder], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


FORBIDDEN = {
    "execute": "os.execv('/bin/true', ['true'])",
    "execute in place": "call(322, -1, b'', None, None, 0)",
    "spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "fork": "os.fork()",
    "read elsewhere": "open(folder / 'secret').read()",
    "list elsewhere": "os.listdir(folder)",
    "write elsewhere": "open(folder / 'new', 'w')",
    "write where one reads": "open(folder / 'read/file', 'a')",
    "cut elsewhere": "os.truncate(folder / 'secret', 0)",
    "remove elsewhere": "os.unlink(folder / 'secret')",
    "move out": "os.rename(folder / 'state', folder / 'moved')",
    "make a link": "os.symlink('/etc/passwd', folder / 'state/link')",
    "make a folder": "os.mkdir(folder / 'state/sub')",
    "make a device": "os.mknod(folder / 'state/dev')",
    "change rights": "os.chmod(folder / 'state', 0o777)",
    "TCP to another port": "socket.create_connection(server.getsockname())",
    "TCP by sending": (
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM).sendto(b'x', socket.MSG_FASTOPEN, server.getsockname())"
    ),
    "take connections": "socket.create_server(('127.0.0.1', 0))",
    "take a connection": "server.accept()",
    "MPTCP": "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
    "raw packets": "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)",
    "packets of all": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "UNIX sockets": "socket.socket(socket.AF_UNIX)",
    "vsock": "socket.socket(socket.AF_VSOCK)",
    "a filter for the kernel": "plain.setsockopt(socket.SOL_SOCKET, 26, bytes(16))",
    "signal to others": "os.kill(os.getppid(), 0)",
    "signal to a thread of others": "call(234, os.getppid(), os.getppid(), 0)",
    "ptrace": "call(101, 16, os.getppid(), 0, 0)",
    "read others' memory": "call(310, os.getppid(), None, 0, None, 0, 0)",
    "write others' memory": "call(311, os.getppid(), None, 0, None, 0, 0)",
    "mount": "call(165, b'none', b'/tmp', b'tmpfs', 0, None)",
    "chroot": "os.chroot(folder)",
    "namespaces": "call(272, 0x10000000)",
    "join namespaces": "call(308, 0, 0)",
    "bpf": "call(321, 0, None, 0)",
    "perf": "call(298, None, 0, -1, -1, 0)",
    "keys": "call(250, 0, 0)",
    "kexec": "call(246, 0, 0, None, 0)",
    "modules": "call(313, -1, b'', 0)",
    "userfaultfd": "call(323, 0)",
    "io_uring": "call(425, 1, None)",
    "personality": "call(135, 0x0400000)",
    "files in memory": "os.memfd_create('x')",
    "become another user": "os.setuid(65534)",
    "the clock": "call(227, 0, None)",
    "limits": "call(160, 7, None)",
    "type into the terminal": "fcntl.ioctl(0, 0x5412, b'x')",
    "keep its memory from being seen": "call(157, 4, 0, 0, 0, 0)",
    "writable code": "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)",
}


@pytest.mark.skipif("x86_64" not in __import__("os").uname().machine, reason="numbers of system calls")
def test_what_is_forbidden_fails_with_eperm_or_eacces(tmp_path):
    code = f"""
        plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        results = {{}}
        for name, text in {FORBIDDEN!r}.items():
            try:
                eval(text)
                results[name] = "done"
            except OSError as error:
                results[name] = errno.errorcode.get(error.errno, str(error.errno))
        print(json.dumps(results))
    """
    results = json.loads(run(tmp_path, code, CONFINED.replace("import ctypes", "import fcntl, ctypes")))
    assert results.keys() == FORBIDDEN.keys()
    assert {name: got for name, got in results.items() if got not in ("EPERM", "EACCES")} == {}
    assert (tmp_path / SECRET).read_text() == SECRET


def test_threads_started_later_are_confined_too(tmp_path):
    code = """
        plane.begin()
        for thread in os.listdir("/proc/self/task"):
            print(json.dumps(pathlib.Path(f"/proc/self/task/{thread}/status").read_text()))
    """
    before = CONFINED.replace('"/not/there"', '"/proc"')
    threads = [json.loads(line) for line in run(tmp_path, code, before).splitlines()]
    assert len(threads) == 2
    for status in threads:
        found = dict(line.split(":\t") for line in status.splitlines() if line.startswith(("Cap", "NoNew", "Seccomp")))
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(found[name], 16) == 0, name
        assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")


def test_nothing_is_missing_here_and_work_goes_on(tmp_path):
    code = f"""
        plane.begin()
        assert (folder / "read/file").read_text() == "readable"
        path = folder / "state/file"
        path.write_text("1")
        os.replace(path, folder / "state/other")
        os.unlink(folder / "state/other")
        socket.create_connection(allowed.getsockname()).close()
        socket.getaddrinfo("127.0.0.1", 80)
        thread = threading.Thread(target=lambda: print("thread"))
        thread.start()
        thread.join()
        report = plane.load_program("p", bytes.fromhex("{FIRST_BYTE.read_bytes().hex()}"))
        assert report["ok"], report
        rule = dict(id="r", program="p", scope="global", name="global", mode="enabled")
        account = dict(id="a", prefixes=["127.0.0.0/8"], hmac_key="A" * 43 + "=", rules=[rule])
        plane.apply(dict(generation=1, accounts=[account]))
        host, port = plane.listening()[0].rsplit(":", 1)
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.settimeout(5)
        client.sendto(b"challenge me", (host, int(port)))
        print(client.recv(100).decode())
        client.sendto(b"dropped", (host, int(port)))
        stats = plane.stats()["rules"][0]
        print(stats["errors"], stats["challenged"])
        plane.stop()
        print(missing)
    """
    assert run(tmp_path, code).split("\n") == ["thread", "are who?", "0 1", "[]", ""]


def test_other_threads_and_a_missing_folder_are_refused(tmp_path):
    code = """
        import flowprotect_engine, sys, threading
        def confine(**needs):
            try:
                flowprotect_engine.confine(**dict(read=[], write=[], connect=[]) | needs)
            except flowprotect_engine.EngineError as error:
                print(error.code)
        confine(write=["/not/there"])
        stop = threading.Event()
        threading.Thread(target=stop.wait).start()
        confine()
        open("/etc/passwd").close()
        stop.set()
    """
    assert run(tmp_path, code, "").split() == ["confine.path", "confine.threads"]


def test_confining_twice_changes_nothing_more(tmp_path):
    code = """
        try:
            print(flowprotect_engine.confine(read=[], write=[], connect=[]))
        except flowprotect_engine.EngineError as error:
            print(error.code)
    """
    assert run(tmp_path, code).split() == ["confine.threads"]
