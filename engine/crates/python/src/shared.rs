//! Bytes that Python owns, without a copy.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;

/// A buffer of bytes: `bytes`, or a part of a mapped file, which nobody changes while it is used.
pub struct Shared(PyBuffer<u8>);

impl Shared {
    pub fn bytes(&self) -> &[u8] {
        if self.0.item_count() == 0 {
            return &[];
        }
        // SAFETY: contiguous and read-only (see `extract`), and alive as long as the buffer is held. That nobody else
        // has the same memory writable is the caller's promise, as the module's documentation says.
        unsafe { std::slice::from_raw_parts(self.0.buf_ptr().cast(), self.0.item_count()) }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Shared {
    type Error = PyErr;

    /// Raises `TypeError` for what is no buffer of bytes, and `BufferError` for one that is writable or has gaps.
    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let buffer = PyBuffer::<u8>::get(&object)?;
        if !buffer.readonly() || !buffer.is_c_contiguous() {
            return Err(PyBufferError::new_err(
                "a buffer that is read-only and contiguous is needed",
            ));
        }
        Ok(Self(buffer))
    }
}
