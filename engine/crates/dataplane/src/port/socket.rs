//! UDP sockets, epoll and eventfd as owned descriptors.

use std::io;
use std::mem::{size_of, zeroed};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::address;

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn owned(result: libc::c_int) -> io::Result<OwnedFd> {
    let fd = check(result)?;
    // SAFETY: the kernel has just given us this descriptor, nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn set(fd: &OwnedFd, level: libc::c_int, name: libc::c_int, value: libc::c_int) -> io::Result<()> {
    // SAFETY: `value` is a c_int that lives through the call, and the length is its own.
    check(unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    })?;
    Ok(())
}

fn get(fd: &OwnedFd, level: libc::c_int, name: libc::c_int) -> io::Result<libc::c_int> {
    let mut value: libc::c_int = 0;
    let mut length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: `value` and `length` are valid for writes and `length` is the size of `value`.
    check(unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            level,
            name,
            (&raw mut value).cast(),
            &raw mut length,
        )
    })?;
    Ok(value)
}

fn udp(like: &SocketAddr) -> io::Result<OwnedFd> {
    let family = if like.is_ipv4() {
        libc::AF_INET
    } else {
        libc::AF_INET6
    };
    let kind = libc::SOCK_DGRAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: no pointers.
    owned(unsafe { libc::socket(family, kind, 0) })
}

fn bind(fd: &OwnedFd, to: &SocketAddr) -> io::Result<()> {
    // SAFETY: all zeroes is a valid sockaddr_storage.
    let mut storage = unsafe { zeroed() };
    let length = address::write(to, &mut storage);
    // SAFETY: the first `length` bytes of `storage` are a sockaddr.
    check(unsafe { libc::bind(fd.as_raw_fd(), (&raw const storage).cast(), length) })?;
    Ok(())
}

/// Sets the buffer to `bytes`, past the system's limit where we may, and gives what the kernel made of it.
fn buffer(fd: &OwnedFd, force: libc::c_int, plain: libc::c_int, bytes: libc::c_int) -> usize {
    let _ = set(fd, libc::SOL_SOCKET, force, bytes)
        .or_else(|_| set(fd, libc::SOL_SOCKET, plain, bytes));
    let real = get(fd, libc::SOL_SOCKET, plain).unwrap_or(0);
    // The kernel gives twice what it counts as data (socket(7)).
    usize::try_from(real).unwrap_or(0) / 2
}

/// A socket for clients: tells the destination of packets and counts the ones the kernel dropped.
pub(super) fn listener(at: &SocketAddr, buffer_bytes: usize) -> io::Result<(OwnedFd, usize)> {
    let fd = udp(at)?;
    if at.is_ipv4() {
        set(&fd, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
    } else {
        set(&fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1)?;
        set(&fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)?;
    }
    set(&fd, libc::SOL_SOCKET, libc::SO_RXQ_OVFL, 1)?;
    let bytes = libc::c_int::try_from(buffer_bytes).unwrap_or(libc::c_int::MAX / 2);
    let real = buffer(&fd, libc::SO_RCVBUFFORCE, libc::SO_RCVBUF, bytes);
    buffer(&fd, libc::SO_SNDBUFFORCE, libc::SO_SNDBUF, bytes / 4);
    bind(&fd, at)?;
    Ok((fd, real))
}

/// A socket to `upstream` from `local`, on the first of `ports` that is free, and that port. Port 0 leaves the choice to
/// the kernel. No port is ever shared: each socket has a 4-tuple of its own.
pub(super) fn connected(
    mut local: SocketAddr,
    upstream: &SocketAddr,
    ports: impl IntoIterator<Item = u16>,
) -> io::Result<(OwnedFd, u16)> {
    let fd = udp(upstream)?;
    for port in ports {
        local.set_port(port);
        match bind(&fd, &local) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => continue,
            other => other?,
        }
        connect(&fd, upstream)?;
        // What came in between may be from anybody, not from upstream.
        let flags = libc::MSG_DONTWAIT | libc::MSG_TRUNC;
        // SAFETY: no bytes are written: the length is zero.
        while unsafe { libc::recv(fd.as_raw_fd(), std::ptr::null_mut(), 0, flags) } >= 0 {}
        return Ok((fd, port));
    }
    Err(io::ErrorKind::AddrInUse.into())
}

fn connect(fd: &OwnedFd, to: &SocketAddr) -> io::Result<()> {
    // SAFETY: all zeroes is a valid sockaddr_storage.
    let mut storage = unsafe { zeroed() };
    let length = address::write(to, &mut storage);
    // SAFETY: the first `length` bytes of `storage` are a sockaddr.
    check(unsafe { libc::connect(fd.as_raw_fd(), (&raw const storage).cast(), length) })?;
    Ok(())
}

/// The local address from which packets go to `upstream`, with a port of the kernel's choice.
pub(super) fn route_to(upstream: &SocketAddr) -> io::Result<SocketAddr> {
    let fd = udp(upstream)?;
    connect(&fd, upstream)?;
    local(&fd)
}

pub(super) fn local(fd: &OwnedFd) -> io::Result<SocketAddr> {
    // SAFETY: all zeroes is a valid sockaddr_storage.
    let mut storage: libc::sockaddr_storage = unsafe { zeroed() };
    let mut length = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    // SAFETY: `storage` is valid for writes of `length` bytes.
    check(unsafe {
        libc::getsockname(fd.as_raw_fd(), (&raw mut storage).cast(), &raw mut length)
    })?;
    address::read(&storage).ok_or_else(|| io::ErrorKind::Unsupported.into())
}

/// An eventfd that wakes a port's thread.
pub(super) fn waker() -> io::Result<OwnedFd> {
    // SAFETY: no pointers.
    owned(unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) })
}

pub(super) fn wake(fd: &OwnedFd) {
    let one = 1u64;
    // SAFETY: eight bytes are read from `one`. A full eventfd has woken the thread already.
    unsafe { libc::write(fd.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()) };
}

/// A level-triggered epoll set.
pub(super) struct Poll {
    fd: OwnedFd,
    events: Vec<libc::epoll_event>,
}

impl Poll {
    pub fn new(capacity: usize) -> io::Result<Self> {
        Ok(Self {
            // SAFETY: no pointers.
            fd: owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?,
            events: vec![libc::epoll_event { events: 0, u64: 0 }; capacity],
        })
    }

    /// Watches `fd` for reading. Closing it ends that.
    pub fn add(&self, fd: &OwnedFd, token: u64) -> io::Result<()> {
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32,
            u64: token,
        };
        // SAFETY: both descriptors are open and `event` lives through the call.
        check(unsafe {
            libc::epoll_ctl(
                self.fd.as_raw_fd(),
                libc::EPOLL_CTL_ADD,
                fd.as_raw_fd(),
                &raw mut event,
            )
        })?;
        Ok(())
    }

    /// Waits and writes the tokens of what is ready to `tokens`.
    pub fn wait(&mut self, timeout_ms: i32, tokens: &mut Vec<u64>) -> io::Result<()> {
        tokens.clear();
        let capacity = libc::c_int::try_from(self.events.len()).unwrap_or(libc::c_int::MAX);
        // SAFETY: `events` is valid for writes of `capacity` events.
        let ready = check(unsafe {
            libc::epoll_wait(
                self.fd.as_raw_fd(),
                self.events.as_mut_ptr(),
                capacity,
                timeout_ms,
            )
        });
        let ready = match ready {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            other => other?,
        };
        let ready = usize::try_from(ready).unwrap_or(0);
        tokens.extend(self.events[..ready].iter().map(|event| event.u64));
        Ok(())
    }
}
