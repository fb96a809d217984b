//! The Python module `flowprotect_engine`: a thin layer over the engine's crates.

mod confinement;
mod dataplane;
mod sandbox;
mod shared;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::os::fd::{FromRawFd, RawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowprotect_dataplane::expression::Expression;
use flowprotect_dataplane::lists;
use flowprotect_vm::instance::Settings;
use flowprotect_vm::load::load;
use flowprotect_vm::program::Program;
use flowprotect_vm::replay::{ReplayOptions, replay_timed, trace as trace_packet};
use flowprotect_vm::verify::{Verdict, VerifyLimits, verify_with_source};
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use shared::Shared;

create_exception!(flowprotect_engine, EngineError, PyException);

fn engine_error(code: &'static str, message: impl std::fmt::Display) -> PyErr {
    described(code, message.to_string(), None)
}

/// An `EngineError` whose `args` and attributes say the same.
fn described(code: &'static str, message: String, position: Option<usize>) -> PyErr {
    Python::attach(|py| {
        let error = match position {
            Some(position) => EngineError::new_err((code, message.clone(), position)),
            None => EngineError::new_err((code, message.clone())),
        };
        let value = error.value(py);
        let set = value
            .setattr("code", code)
            .and_then(|()| value.setattr("message", message))
            .and_then(|()| value.setattr("position", position));
        set.err().unwrap_or(error)
    })
}

fn to_python<'py>(py: Python<'py>, value: &impl serde::Serialize) -> PyResult<Bound<'py, PyAny>> {
    pythonize::pythonize(py, value).map_err(|error| engine_error("engine.report", error))
}

#[pyfunction]
#[pyo3(signature = (elf, deadline_ms = 5000, *, portable = false, source = None))]
fn verify<'py>(
    py: Python<'py>,
    elf: &[u8],
    deadline_ms: u64,
    portable: bool,
    source: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    let start = Instant::now();
    let deadline = Duration::from_millis(deadline_ms);
    let late = |verdict: Verdict| start.elapsed() > verdict.deadline(deadline);
    let limits = VerifyLimits {
        portable_only: portable,
        ..VerifyLimits::default()
    };
    let report = py.detach(|| verify_with_source(elf, source, &limits, &late));
    to_python(py, &report)
}

#[pyfunction]
#[pyo3(signature = (
    elf, capture, *, ip_offset = None, seed = 0, annotate = true, first = 1000, top = 20, deadline_ms = None, out = None,
    lists = None, fuel = None
))]
#[allow(clippy::too_many_arguments)] // Python's keyword arguments
fn replay<'py>(
    py: Python<'py>,
    elf: &[u8],
    capture: Shared,
    ip_offset: Option<usize>,
    seed: u64,
    annotate: bool,
    first: usize,
    top: usize,
    deadline_ms: Option<u64>,
    out: Option<RawFd>,
    lists: Option<Lists>,
    fuel: Option<u64>,
) -> PyResult<(Bound<'py, PyAny>, Option<Bound<'py, PyBytes>>)> {
    let options = ReplayOptions {
        annotate,
        first,
        top,
        ..replayed(ip_offset, seed, lists, fuel)?
    };
    let capture = capture.bytes();
    let start = Instant::now();
    let mut clock = || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let result = py.detach(|| {
        let program = runnable(elf)?;
        replay_timed(
            program,
            capture,
            &options,
            &late(start, deadline_ms),
            &mut clock,
        )
        .map_err(|error| (error.code, error.to_string()))
        .and_then(|replay| match out {
            Some(file) => written(file, &replay.annotated).map(|()| replay),
            None => Ok(replay),
        })
    });
    let result = result.map_err(|(code, message)| engine_error(code, message))?;
    let annotated = (annotate && out.is_none()).then(|| PyBytes::new(py, &result.annotated));
    Ok((to_python(py, &result.summary)?, annotated))
}

#[pyfunction]
#[pyo3(signature = (elf, capture, number, *, ip_offset = None, seed = 0, deadline_ms = None, lists = None, fuel = None))]
#[allow(clippy::too_many_arguments)] // Python's keyword arguments
fn trace<'py>(
    py: Python<'py>,
    elf: &[u8],
    capture: Shared,
    number: usize,
    ip_offset: Option<usize>,
    seed: u64,
    deadline_ms: Option<u64>,
    lists: Option<Lists>,
    fuel: Option<u64>,
) -> PyResult<Bound<'py, PyAny>> {
    let options = replayed(ip_offset, seed, lists, fuel)?;
    let capture = capture.bytes();
    let start = Instant::now();
    let result = py.detach(|| {
        let program = runnable(elf)?;
        trace_packet(
            program,
            capture,
            number,
            &options,
            &late(start, deadline_ms),
        )
        .map_err(|error| (error.code, error.to_string()))
    });
    let traced = result.map_err(|(code, message)| engine_error(code, message))?;
    to_python(py, &traced)
}

/// Writes all of `bytes` to the open file `file`, which stays open.
fn written(file: RawFd, bytes: &[u8]) -> Result<(), (&'static str, String)> {
    // A descriptor that is not open gives an error here, and closing it is its owner's business.
    // SAFETY: the number is only written to, and not closed.
    let mut file = ManuallyDrop::new(unsafe { File::from_raw_fd(file) });
    file.write_all(bytes)
        .map_err(|error| ("replay.output", error.to_string()))
}

/// CIDRs by the name of their list.
type Lists = BTreeMap<String, Vec<String>>;

/// How replays run programs, so that a trace is of the same run.
fn replayed(
    ip_offset: Option<usize>,
    seed: u64,
    lists: Option<Lists>,
    fuel: Option<u64>,
) -> PyResult<ReplayOptions> {
    let defaults = Settings::default();
    Ok(ReplayOptions {
        ip_offset,
        seed,
        top: 0,
        first: 0,
        annotate: false,
        settings: Settings {
            capture_printf: true,
            fuel: fuel.unwrap_or(defaults.fuel),
            lists: lists::read(&lists.unwrap_or_default())
                .map_err(|error| engine_error(error.code, error.message))?,
            ..defaults
        },
    })
}

/// The program of an object, or an error's code and message.
fn runnable(elf: &[u8]) -> Result<Arc<Program>, (&'static str, String)> {
    match load(elf) {
        Ok(loaded) => Ok(Arc::new(loaded.program)),
        Err(found) => {
            let message = found.first().map_or("", |first| first.message.as_str());
            Err(("replay.program", message.to_owned()))
        }
    }
}

/// Whether `deadline_ms` milliseconds are over since `start`.
fn late(start: Instant, deadline_ms: Option<u64>) -> impl Fn() -> bool {
    let deadline = deadline_ms.map(Duration::from_millis);
    move || deadline.is_some_and(|deadline| start.elapsed() > deadline)
}

#[pyfunction]
fn check_expression(py: Python<'_>, text: &str) -> PyResult<()> {
    py.detach(|| Expression::parse(text))
        .map(drop)
        .map_err(|error| described(error.code, error.message, Some(error.position)))
}

#[pyfunction]
fn restrict(read: Vec<String>, write: Vec<String>) -> PyResult<()> {
    sandbox::restrict(&read, &write).map_err(|error| engine_error("sandbox.unavailable", error))
}

#[pyfunction]
#[pyo3(signature = (*, read, write, connect))]
fn confine<'py>(
    py: Python<'py>,
    read: Vec<String>,
    write: Vec<String>,
    connect: Vec<u16>,
) -> PyResult<Bound<'py, PyAny>> {
    let needs = confinement::Needs {
        read: &read,
        write: &write,
        connect: &connect,
    };
    let missing =
        confinement::confine(&needs).map_err(|(code, message)| engine_error(code, message))?;
    to_python(py, &missing)
}

#[pymodule]
fn flowprotect_engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("EngineError", module.py().get_type::<EngineError>())?;
    module.add_function(wrap_pyfunction!(verify, module)?)?;
    module.add_function(wrap_pyfunction!(replay, module)?)?;
    module.add_function(wrap_pyfunction!(trace, module)?)?;
    module.add_function(wrap_pyfunction!(check_expression, module)?)?;
    module.add_function(wrap_pyfunction!(restrict, module)?)?;
    module.add_function(wrap_pyfunction!(confine, module)?)?;
    module.add_class::<dataplane::Dataplane>()?;
    Ok(())
}
