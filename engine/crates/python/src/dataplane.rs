//! The class `Dataplane`: see the module's `.pyi`.

use std::sync::{Arc, Mutex, PoisonError};

use flowprotect_dataplane::config::AccountConfig;
use flowprotect_dataplane::{Config, Dataplane as Inner, DataplaneError, PortSpec};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;

use crate::{described, engine_error, to_python};

fn refused(error: DataplaneError) -> PyErr {
    described(error.code, error.message, error.position)
}

#[derive(Serialize)]
struct AccountFault {
    account_id: String,
    code: &'static str,
    message: String,
}

#[pyclass(frozen, module = "flowprotect_engine")]
pub struct Dataplane {
    // Calls in other threads share it; the last of them to end after `stop` closes the ports.
    inner: Mutex<Option<Arc<Inner>>>,
}

impl Dataplane {
    fn take(&self) -> Option<Arc<Inner>> {
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn running(&self) -> PyResult<Arc<Inner>> {
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| engine_error("dataplane.stopped", "the dataplane was stopped"))
    }
}

#[pymethods]
impl Dataplane {
    #[new]
    #[pyo3(signature = (ports, *, begin = true))]
    fn new(py: Python<'_>, ports: Vec<String>, begin: bool) -> PyResult<Self> {
        let started = py.detach(|| {
            let specs = ports
                .iter()
                .map(|text| text.parse())
                .collect::<Result<Vec<PortSpec>, _>>()?;
            if begin {
                Inner::start(&specs)
            } else {
                Inner::open(&specs)
            }
        });
        Ok(Self {
            inner: Mutex::new(Some(Arc::new(started.map_err(refused)?))),
        })
    }

    fn begin(&self, py: Python<'_>) -> PyResult<()> {
        let inner = self.running()?;
        py.detach(move || inner.begin()).map_err(refused)
    }

    fn listening(&self) -> PyResult<Vec<String>> {
        let addresses = self.running()?.listening();
        Ok(addresses.iter().map(ToString::to_string).collect())
    }

    fn load_program<'py>(
        &self,
        py: Python<'py>,
        key: &str,
        elf: &[u8],
    ) -> PyResult<Bound<'py, PyAny>> {
        let inner = self.running()?;
        let report = py.detach(move || inner.load_program(key, elf));
        to_python(py, &report.map_err(refused)?)
    }

    fn apply(&self, py: Python<'_>, config: &Bound<'_, PyAny>) -> PyResult<()> {
        let inner = self.running()?;
        let config: Config =
            pythonize::depythonize(config).map_err(|error| engine_error("config.shape", error))?;
        py.detach(move || inner.apply(&config)).map_err(refused)
    }

    /// Accounts that cannot even be read are told apart here: one of them must not hide the others.
    fn check<'py>(
        &self,
        py: Python<'py>,
        config: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let inner = self.running()?;
        let shape = |error| engine_error("config.shape", error);
        let mut faults: Vec<AccountFault> = Vec::new();
        let whole = config
            .cast::<PyDict>()
            .map_err(|error| engine_error("config.shape", error))?
            .copy()?;
        let mut accounts: Vec<AccountConfig> = Vec::new();
        if let Some(entries) = whole.get_item("accounts")? {
            for entry in entries.try_iter()? {
                let entry = entry?;
                match pythonize::depythonize(&entry) {
                    Ok(account) => accounts.push(account),
                    Err(error) => faults.push(AccountFault {
                        account_id: entry.get_item("id")?.extract()?,
                        code: "config.shape",
                        message: error.to_string(),
                    }),
                }
            }
            whole.del_item("accounts")?;
        }
        let mut config: Config = pythonize::depythonize(&whole).map_err(shape)?;
        config.accounts = accounts;
        let found = py.detach(move || inner.check(&config));
        faults.extend(found.into_iter().map(|(account_id, error)| AccountFault {
            account_id,
            code: error.code,
            message: error.message,
        }));
        to_python(py, &faults)
    }

    fn limit_challenges(&self, per_second: u32) -> PyResult<()> {
        self.running()?.limit_challenges(per_second);
        Ok(())
    }

    fn retain_programs(&self, py: Python<'_>, keys: Vec<String>) -> PyResult<()> {
        let inner = self.running()?;
        py.detach(move || inner.retain_programs(&keys));
        Ok(())
    }

    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let inner = self.running()?;
        let stats = py.detach(move || inner.stats());
        to_python(py, &stats)
    }

    fn samples<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let inner = self.running()?;
        let samples = py.detach(move || inner.samples());
        to_python(py, &samples)
    }

    fn stop(&self, py: Python<'_>) {
        let inner = self.take();
        py.detach(move || drop(inner));
    }
}
