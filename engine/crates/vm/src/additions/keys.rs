//! Secrets made of the engine's key: of cookies, current and previous, and of SipHash.

use std::net::IpAddr;

use blake2::Blake2b512;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac, SimpleHmac};
use sha2::{Sha256, Sha512};

use crate::packet::Flow;

/// Keys, made ready: a cookie costs two blocks of SHA-256, and so does any short HMAC.
#[derive(Clone)]
pub struct Keys {
    current: Hmac<Sha256>,
    sha512: Hmac<Sha512>,
    blake2b512: SimpleHmac<Blake2b512>,
    previous: Option<Hmac<Sha256>>,
    sip: [u8; 16],
}

impl Keys {
    #[must_use]
    pub fn new(current: &[u8; 32], previous: Option<&[u8; 32]>) -> Self {
        let (sha512, blake2b512) = (keyed(current), keyed(current));
        let current: Hmac<Sha256> = keyed(current);
        let secret = current.clone().chain_update(b"flowprotect siphash");
        let mut sip = [0; 16];
        sip.copy_from_slice(&secret.finalize().into_bytes()[..16]);
        Self {
            current,
            sha512,
            blake2b512,
            previous: previous.map(keyed),
            sip,
        }
    }

    /// The cookie of the source of `flow` under the current key.
    #[must_use]
    pub fn cookie(&self, flow: &Flow) -> u64 {
        cookie(&self.current, flow)
    }

    /// Whether `given` is a cookie of the source of `flow` under either key.
    #[must_use]
    pub fn accepts(&self, flow: &Flow, given: u64) -> bool {
        let is_of = |key: &Hmac<Sha256>| cookie(key, flow) == given;
        is_of(&self.current) || self.previous.as_ref().is_some_and(is_of)
    }

    /// HMAC-SHA256 under the current key, before any data.
    #[must_use]
    pub fn sha256(&self) -> &Hmac<Sha256> {
        &self.current
    }

    /// HMAC-SHA512 under the current key, before any data.
    #[must_use]
    pub fn sha512(&self) -> &Hmac<Sha512> {
        &self.sha512
    }

    /// HMAC-BLAKE2b-512 under the current key, before any data.
    #[must_use]
    pub fn blake2b512(&self) -> &SimpleHmac<Blake2b512> {
        &self.blake2b512
    }

    #[must_use]
    pub fn sip(&self) -> &[u8; 16] {
        &self.sip
    }
}

fn keyed<M: Mac + KeyInit>(key: &[u8; 32]) -> M {
    match <M as Mac>::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC takes a key of any length (RFC 2104)"),
    }
}

fn cookie(key: &Hmac<Sha256>, flow: &Flow) -> u64 {
    let mut mac = key.clone();
    match flow.src {
        IpAddr::V4(address) => mac.update(&address.octets()),
        IpAddr::V6(address) => mac.update(&address.octets()),
    }
    mac.update(&flow.src_port.to_be_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&mac.finalize().into_bytes()[..8]);
    u64::from_le_bytes(first)
}
