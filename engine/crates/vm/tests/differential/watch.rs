//! Runs numbered cases so that one that fails, panics, crashes or hangs is known by its number.

use std::cell::Cell;
use std::ffi::c_int;
use std::ops::{AddAssign, Range};
use std::sync::{Once, mpsc};
use std::time::{Duration, Instant};

/// One case may take this long by the clock of the wall: many times what the slowest needs.
const PATIENCE: Duration = Duration::from_secs(20);

thread_local! {
    /// The case that this thread runs. Without a destructor, so that a signal handler may read it.
    static CASE: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Runs `case` for `numbers` on a thread of their own, for at most `time`, and adds up what they give.
///
/// # Errors
/// The number of the case that failed or did not end, and what is known of it. A case that does not end goes on until the
/// process ends, which the caller should see to. Where a case crashes the process its number is written to stderr.
pub fn watched<T: AddAssign + Default + Send + 'static>(
    numbers: Range<u64>,
    time: Duration,
    case: impl Fn(u64) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tell_crashes();
    let (sender, receiver) = mpsc::channel();
    let all = numbers.clone();
    std::thread::spawn(move || {
        let start = Instant::now();
        for number in all {
            CASE.set(number);
            if start.elapsed() > time || sender.send(Some(case(number))).is_err() {
                break;
            }
        }
        let _ = sender.send(None);
    });
    let mut sum = T::default();
    for number in numbers {
        match receiver.recv_timeout(PATIENCE) {
            Ok(Some(Ok(more))) => sum += more,
            Ok(Some(Err(what))) => return Err(format!("case {number}: {what}")),
            Ok(None) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => return Err(format!("case {number} hangs")),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(format!("case {number} panics"));
            }
        }
    }
    Ok(sum)
}

/// Has the number of the case written to stderr before a signal of the processor's ends the process.
fn tell_crashes() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE] {
            // SAFETY: `tell` does only what a signal handler may, and the default action follows it.
            unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = tell as extern "C" fn(c_int) as usize;
                action.sa_flags = libc::SA_ONSTACK | libc::SA_RESETHAND;
                libc::sigaction(signal, &raw const action, std::ptr::null_mut());
            }
        }
    });
}

extern "C" fn tell(signal: c_int) {
    let mut text = *b"signal ## in case ####################\n";
    digits(&mut text[7..9], signal.unsigned_abs().into());
    digits(&mut text[18..38], CASE.get());
    // SAFETY: the text is as long as said, and `write` may be called in a signal handler.
    unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
}

fn digits(text: &mut [u8], mut number: u64) {
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}
