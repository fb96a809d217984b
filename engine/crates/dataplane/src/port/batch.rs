//! Many datagrams a system call: recvmmsg and sendmmsg over buffers made once.

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use super::address;

/// Datagrams in a batch.
pub(super) const BATCH: usize = 128;
/// Bytes from one buffer to the next: the largest datagram, and an odd number of cache lines so that short datagrams
/// do not all compete for the same lines.
const STRIDE: usize = 65_536 + 3 * 64;
const LARGEST: usize = 65_536;

/// Room for the control messages of one datagram, aligned as cmsghdr wants it.
#[derive(Clone, Copy)]
#[repr(align(8))]
struct Control {
    _bytes: [u8; 128],
}

/// The local side of a datagram: the address, and the interface where the address alone does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Local {
    pub ip: IpAddr,
    pub interface: u32,
}

/// A datagram that was received.
pub(super) struct Datagram {
    pub source: SocketAddr,
    /// Where it was sent to; None where the kernel did not say.
    pub local: Option<Local>,
}

/// Buffers to receive into.
pub(super) struct Receiver {
    bytes: Vec<u8>,
    names: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
    // Points into `headers`' messages; never resized.
    _vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

impl Receiver {
    pub fn new() -> Self {
        let mut bytes = vec![0; STRIDE * BATCH];
        // SAFETY: all zeroes is a valid sockaddr_storage.
        let mut names = vec![unsafe { zeroed::<libc::sockaddr_storage>() }; BATCH];
        let mut controls = vec![Control { _bytes: [0; 128] }; BATCH];
        let mut vectors: Vec<libc::iovec> = (0..BATCH)
            .map(|slot| libc::iovec {
                iov_base: bytes[slot * STRIDE..].as_mut_ptr().cast(),
                iov_len: LARGEST,
            })
            .collect();
        let headers = (0..BATCH)
            .map(|slot| {
                // SAFETY: all zeroes is a valid mmsghdr.
                let mut header: libc::mmsghdr = unsafe { zeroed() };
                header.msg_hdr.msg_name = (&raw mut names[slot]).cast();
                header.msg_hdr.msg_iov = &raw mut vectors[slot];
                header.msg_hdr.msg_iovlen = 1;
                header.msg_hdr.msg_control = (&raw mut controls[slot]).cast();
                header
            })
            .collect();
        Self {
            bytes,
            names,
            controls,
            _vectors: vectors,
            headers,
        }
    }

    /// Receives into the slots from `first` on, at most `most`, and gives how many were filled. Does not wait.
    pub fn receive(&mut self, fd: &OwnedFd, first: usize, most: usize) -> io::Result<usize> {
        let headers = &mut self.headers[first..(first + most).min(BATCH)];
        for header in headers.iter_mut() {
            header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_hdr.msg_controllen = size_of::<Control>() as _;
        }
        // SAFETY: every header points to a name, a control buffer and an iovec with its bytes, all of the lengths
        // given, all owned by `self`, none moved since `new` (the vectors are never resized).
        let got = unsafe {
            libc::recvmmsg(
                fd.as_raw_fd(),
                headers.as_mut_ptr(),
                headers.len() as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        usize::try_from(got).map_err(|_| io::Error::last_os_error())
    }

    /// The bytes received into `slot`.
    pub fn payload(&self, slot: usize) -> &[u8] {
        let length = (self.headers[slot].msg_len as usize).min(LARGEST);
        &self.bytes[slot * STRIDE..slot * STRIDE + length]
    }

    /// The datagram in `slot`, and the socket's count of dropped packets if the kernel sent it along. None for a
    /// datagram whose sender is not an IP address.
    pub fn datagram(&self, slot: usize) -> (Option<Datagram>, Option<u32>) {
        let (local, drops) = self.control(slot);
        let datagram = address::read(&self.names[slot]).map(|source| Datagram { source, local });
        (datagram, drops)
    }

    fn control(&self, slot: usize) -> (Option<Local>, Option<u32>) {
        let header = &self.headers[slot].msg_hdr;
        let (mut local, mut drops) = (None, None);
        debug_assert!(header.msg_controllen <= size_of_val(&self.controls[slot]));
        // SAFETY: `header` is one the kernel filled, so the CMSG functions stay within `msg_controllen` bytes of its
        // control buffer, which `self` owns. The data is read without asking for alignment and only where the
        // message is long enough for it.
        unsafe {
            let mut message = libc::CMSG_FIRSTHDR(header);
            while let Some(found) = message.as_ref() {
                let data = libc::CMSG_DATA(message);
                let room = found.cmsg_len.saturating_sub(libc::CMSG_LEN(0) as usize);
                match (found.cmsg_level, found.cmsg_type) {
                    (libc::IPPROTO_IP, libc::IP_PKTINFO)
                        if room >= size_of::<libc::in_pktinfo>() =>
                    {
                        let info = data.cast::<libc::in_pktinfo>().read_unaligned();
                        local = Some(Local {
                            ip: info.ipi_addr.s_addr.to_ne_bytes().into(),
                            interface: 0,
                        });
                    }
                    (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO)
                        if room >= size_of::<libc::in6_pktinfo>() =>
                    {
                        let info = data.cast::<libc::in6_pktinfo>().read_unaligned();
                        let ip = Ipv6Addr::from(info.ipi6_addr.s6_addr);
                        local = Some(Local {
                            ip: ip.into(),
                            interface: if ip.is_unicast_link_local() {
                                info.ipi6_ifindex as u32
                            } else {
                                0
                            },
                        });
                    }
                    (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) if room >= size_of::<u32>() => {
                        drops = Some(data.cast::<u32>().read_unaligned());
                    }
                    _ => {}
                }
                message = libc::CMSG_NXTHDR(header, message);
            }
        }
        (local, drops)
    }
}

/// A datagram to send.
#[derive(Clone, Copy)]
pub(super) struct Outgoing<'a> {
    /// None on a connected socket.
    pub to: Option<SocketAddr>,
    /// The source address; None for the socket's own.
    pub from: Option<Local>,
    pub payload: &'a [u8],
}

/// What became of datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub sent: u64,
    pub failed: u64,
}

/// Headers to send with.
pub(super) struct Sender {
    names: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

impl Sender {
    pub fn new() -> Self {
        // SAFETY: all zeroes is a valid value of all three types.
        unsafe {
            Self {
                names: vec![zeroed(); BATCH],
                controls: vec![Control { _bytes: [0; 128] }; BATCH],
                vectors: vec![zeroed(); BATCH],
                headers: vec![zeroed(); BATCH],
            }
        }
    }

    /// Sends all of `datagrams`. One that the kernel refuses is counted, and the rest still goes out.
    pub fn send<'a>(
        &mut self,
        fd: &OwnedFd,
        datagrams: impl IntoIterator<Item = Outgoing<'a>>,
    ) -> Sent {
        let mut total = Sent::default();
        let mut datagrams = datagrams.into_iter();
        loop {
            let mut count = 0;
            // The payloads outlive this loop's body, in which alone the headers that point to them are used.
            for outgoing in datagrams.by_ref().take(BATCH) {
                self.prepare(count, &outgoing);
                count += 1;
            }
            if count == 0 {
                return total;
            }
            let sent = self.flush(fd, count);
            total.sent += sent.sent;
            total.failed += sent.failed;
        }
    }

    fn prepare(&mut self, slot: usize, outgoing: &Outgoing<'_>) {
        self.vectors[slot] = libc::iovec {
            iov_base: outgoing.payload.as_ptr().cast_mut().cast(),
            iov_len: outgoing.payload.len(),
        };
        // SAFETY: all zeroes is a valid mmsghdr.
        let mut header: libc::mmsghdr = unsafe { zeroed() };
        header.msg_hdr.msg_iov = &raw mut self.vectors[slot];
        header.msg_hdr.msg_iovlen = 1;
        if let Some(to) = &outgoing.to {
            header.msg_hdr.msg_namelen = address::write(to, &mut self.names[slot]);
            header.msg_hdr.msg_name = (&raw mut self.names[slot]).cast();
        }
        if let Some(from) = &outgoing.from {
            header.msg_hdr.msg_control = (&raw mut self.controls[slot]).cast();
            header.msg_hdr.msg_controllen = size_of::<Control>() as _;
            let length = write_source(&header.msg_hdr, from);
            header.msg_hdr.msg_controllen = length as _;
        }
        self.headers[slot] = header;
    }

    fn flush(&mut self, fd: &OwnedFd, count: usize) -> Sent {
        let mut result = Sent::default();
        let (mut at, mut retried) = (0, false);
        while at < count {
            // SAFETY: the headers from `at` to `count` were prepared by our caller, whose payloads are still borrowed.
            let sent = unsafe {
                libc::sendmmsg(
                    fd.as_raw_fd(),
                    self.headers[at..count].as_mut_ptr(),
                    (count - at) as libc::c_uint,
                    libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
                )
            };
            if let Ok(sent @ 1..) = usize::try_from(sent) {
                result.sent += sent as u64;
                at += sent;
                retried = false;
                continue;
            }
            // A refusal that came back for an earlier datagram is told once and says nothing about this one.
            let kind = io::Error::last_os_error().kind();
            let again = matches!(
                kind,
                io::ErrorKind::ConnectionRefused | io::ErrorKind::Interrupted
            );
            if again && !retried {
                retried = true;
                continue;
            }
            result.failed += 1;
            at += 1;
            retried = false;
        }
        result
    }
}

/// Writes the control message that sets the source address and gives the length of the control buffer in use.
fn write_source(header: &libc::msghdr, from: &Local) -> usize {
    // SAFETY: the control buffer of `header` is a `Control`: aligned, and larger than either message.
    unsafe {
        let message = libc::CMSG_FIRSTHDR(header);
        match from.ip {
            IpAddr::V4(v4) => {
                let size = size_of::<libc::in_pktinfo>() as libc::c_uint;
                (*message).cmsg_level = libc::IPPROTO_IP;
                (*message).cmsg_type = libc::IP_PKTINFO;
                (*message).cmsg_len = libc::CMSG_LEN(size) as _;
                let info = libc::in_pktinfo {
                    ipi_ifindex: 0,
                    ipi_spec_dst: libc::in_addr {
                        s_addr: u32::from_ne_bytes(v4.octets()),
                    },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                libc::CMSG_DATA(message)
                    .cast::<libc::in_pktinfo>()
                    .write_unaligned(info);
                libc::CMSG_SPACE(size) as usize
            }
            IpAddr::V6(v6) => {
                let size = size_of::<libc::in6_pktinfo>() as libc::c_uint;
                (*message).cmsg_level = libc::IPPROTO_IPV6;
                (*message).cmsg_type = libc::IPV6_PKTINFO;
                (*message).cmsg_len = libc::CMSG_LEN(size) as _;
                let info = libc::in6_pktinfo {
                    ipi6_addr: libc::in6_addr {
                        s6_addr: v6.octets(),
                    },
                    ipi6_ifindex: from.interface as _,
                };
                libc::CMSG_DATA(message)
                    .cast::<libc::in6_pktinfo>()
                    .write_unaligned(info);
                libc::CMSG_SPACE(size) as usize
            }
        }
    }
}
