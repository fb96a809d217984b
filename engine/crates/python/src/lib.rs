//! The Python module `flowprotect_engine`: a thin layer over the engine's crates.

mod sandbox;

use std::time::{Duration, Instant};

use flowprotect_vm::verify::{VerifyLimits, verify as verify_elf};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

create_exception!(flowprotect_engine, EngineError, PyException);

fn engine_error(code: &'static str, message: impl std::fmt::Display) -> PyErr {
    EngineError::new_err((code, message.to_string()))
}

#[pyfunction]
#[pyo3(signature = (elf, deadline_ms = 5000))]
fn verify<'py>(py: Python<'py>, elf: &[u8], deadline_ms: u64) -> PyResult<Bound<'py, PyAny>> {
    let end = Instant::now() + Duration::from_millis(deadline_ms);
    let report = py.detach(|| verify_elf(elf, &VerifyLimits::default(), &|| Instant::now() > end));
    pythonize::pythonize(py, &report).map_err(|error| engine_error("engine.report", error))
}

#[pyfunction]
fn restrict(read: Vec<String>, write: Vec<String>) -> PyResult<()> {
    sandbox::restrict(&read, &write).map_err(|error| engine_error("sandbox.unavailable", error))
}

#[pymodule]
fn flowprotect_engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("EngineError", module.py().get_type::<EngineError>())?;
    module.add_function(wrap_pyfunction!(verify, module)?)?;
    module.add_function(wrap_pyfunction!(restrict, module)?)?;
    Ok(())
}
