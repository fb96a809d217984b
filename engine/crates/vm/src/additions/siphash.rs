//! SipHash-2-4 (Aumasson and Bernstein, 2012).

/// The hash of `data` under `key`.
#[must_use]
pub fn siphash(key: &[u8; 16], data: &[u8]) -> u64 {
    let [low, high] = [&key[..8], &key[8..]].map(word);
    let mut v = [
        low ^ 0x736f_6d65_7073_6575,
        high ^ 0x646f_7261_6e64_6f6d,
        low ^ 0x6c79_6765_6e65_7261,
        high ^ 0x7465_6462_7974_6573,
    ];
    let chunks = data.chunks_exact(8);
    let last = word(chunks.remainder()) | (data.len() as u64) << 56;
    for word in chunks.map(word).chain([last]) {
        v[3] ^= word;
        rounds::<2>(&mut v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    rounds::<4>(&mut v);
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

/// At most eight bytes as a little-endian number.
fn word(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn rounds<const N: usize>(v: &mut [u64; 4]) {
    for _ in 0..N {
        v[0] = v[0].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(13) ^ v[0];
        v[0] = v[0].rotate_left(32);
        v[2] = v[2].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(16) ^ v[2];
        v[0] = v[0].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(21) ^ v[0];
        v[2] = v[2].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(17) ^ v[2];
        v[2] = v[2].rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the paper's appendix and the reference code's vectors.
    #[test]
    fn it_gives_the_published_values() {
        let key = std::array::from_fn(|at| at as u8);
        let data: [u8; 15] = std::array::from_fn(|at| at as u8);
        assert_eq!(siphash(&key, &data), 0xa129_ca61_49be_45e5);
        assert_eq!(siphash(&key, &[]), 0x726f_db47_dd0e_0e31);
        assert_eq!(siphash(&key, &data[..8]), 0x93f5_f579_9a93_2462);
    }
}
