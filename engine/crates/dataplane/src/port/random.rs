//! Random numbers for programs from the kernel's generator, a page at a time.

use std::io;

const WORDS: usize = 512;

pub(super) struct Random {
    words: Box<[u64; WORDS]>,
    used: usize,
}

impl Random {
    /// # Errors
    /// Where the kernel gives no random bytes.
    pub fn new() -> io::Result<Self> {
        let mut random = Self {
            words: Box::new([0; WORDS]),
            used: WORDS,
        };
        random.fill()?;
        Ok(random)
    }

    fn fill(&mut self) -> io::Result<()> {
        let bytes = size_of_val(&*self.words);
        let mut filled = 0;
        while filled < bytes {
            // SAFETY: the range from `filled` to `bytes` lies within `words`, and any bytes are valid u64s.
            let got = unsafe {
                let start = self.words.as_mut_ptr().cast::<u8>().add(filled);
                libc::getrandom(start.cast(), bytes - filled, 0)
            };
            match usize::try_from(got) {
                Ok(got) => filled += got,
                Err(_) => {
                    let error = io::Error::last_os_error();
                    if error.kind() != io::ErrorKind::Interrupted {
                        return Err(error);
                    }
                }
            }
        }
        self.used = 0;
        Ok(())
    }

    pub fn next(&mut self) -> u64 {
        if self.used == WORDS {
            // getrandom(2) does not fail once it has worked. Were it to, the engine catches this panic and the rule
            // falls back: better than predictable numbers.
            self.fill().expect("the kernel gives random bytes");
        }
        let word = std::mem::take(&mut self.words[self.used]);
        self.used += 1;
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ_over_refills() {
        let mut random = Random::new().unwrap();
        let seen: std::collections::HashSet<u64> = (0..WORDS * 3).map(|_| random.next()).collect();
        assert_eq!(seen.len(), WORDS * 3);
    }
}
