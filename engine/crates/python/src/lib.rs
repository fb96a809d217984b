//! The Python module `flowprotect_engine`: a thin layer over the engine's crates.

mod sandbox;

use std::sync::Arc;
use std::time::{Duration, Instant};

use flowprotect_vm::instance::Settings;
use flowprotect_vm::load::load;
use flowprotect_vm::replay::{ReplayOptions, replay as replay_capture};
use flowprotect_vm::verify::{VerifyLimits, verify as verify_elf};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

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
#[pyo3(signature = (elf, capture, *, ip_offset = None, seed = 0, first = 1000, top = 20))]
fn replay<'py>(
    py: Python<'py>,
    elf: &[u8],
    capture: &[u8],
    ip_offset: Option<usize>,
    seed: u64,
    first: usize,
    top: usize,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyBytes>)> {
    let options = ReplayOptions {
        ip_offset,
        seed,
        top,
        first,
        settings: Settings {
            capture_printf: true,
            ..Settings::default()
        },
    };
    let program = load(elf)
        .map_err(|found| engine_error("replay.program", &found[0].message))?
        .program;
    let result = py
        .detach(|| replay_capture(Arc::new(program), capture, &options))
        .map_err(|error| engine_error(error.code, error))?;
    let summary = pythonize::pythonize(py, &result.summary)
        .map_err(|error| engine_error("engine.report", error))?;
    Ok((summary, PyBytes::new(py, &result.annotated)))
}

#[pyfunction]
fn restrict(read: Vec<String>, write: Vec<String>) -> PyResult<()> {
    sandbox::restrict(&read, &write).map_err(|error| engine_error("sandbox.unavailable", error))
}

#[pymodule]
fn flowprotect_engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("EngineError", module.py().get_type::<EngineError>())?;
    module.add_function(wrap_pyfunction!(verify, module)?)?;
    module.add_function(wrap_pyfunction!(replay, module)?)?;
    module.add_function(wrap_pyfunction!(restrict, module)?)?;
    Ok(())
}
