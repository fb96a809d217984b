//! The same C programs as native code, and helpers for it and for other virtual machines, which see host addresses.

use std::ffi::{CString, c_void};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use flowprotect_vm::packet::Flow;
use flowprotect_vm::state::{Source, StateConfig, Tables};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::KEY;

/// What helpers know of the packet, and keep. Each engine has one.
pub struct State {
    tables: Tables,
    flow: Flow,
    now: u64,
    tag: u64,
    challenge: Option<Vec<u8>>,
}

/// The state of the engine that runs.
static CURRENT: AtomicPtr<State> = AtomicPtr::new(std::ptr::null_mut());

impl State {
    pub fn new() -> Box<Self> {
        Box::new(Self {
            tables: Tables::new(StateConfig::default()),
            flow: Flow {
                src: [0, 0, 0, 0].into(),
                src_port: 0,
                dst: [0, 0, 0, 0].into(),
                dst_port: 0,
            },
            now: 0,
            tag: 0,
            challenge: None,
        })
    }

    /// Sets what helpers know of the next packet, and makes this the state that they use.
    pub fn packet(&mut self, flow: Flow, now: u64) {
        self.flow = flow;
        self.now = now;
        self.tag = 0;
        self.challenge = None;
        CURRENT.store(self, Ordering::Relaxed);
    }
}

fn state() -> &'static mut State {
    // SAFETY: engines run one after the other on one thread, each after `packet`, and own their state while they run.
    unsafe { &mut *CURRENT.load(Ordering::Relaxed) }
}

const NO_ENTRY: u64 = -1i64 as u64;
const BAD_DESTINATION: u64 = -2i64 as u64;
const NOT_NOW: u64 = -6i64 as u64;

type Helper = extern "C" fn(u64, u64, u64, u64) -> u64;

/// The helpers that the programs call: id, the variable in the native code, and the code.
pub const HELPERS: [(u32, &str, Helper); 9] = [
    (2, "cf_ebpf_timestamp", timestamp),
    (5, "cf_ebpf_hash_sha256", sha256),
    (8, "cf_ebpf_hmac_sha256", hmac),
    (10, "cf_ebpf_set_challenge", set_challenge),
    (13, "cf_ebpf_get_src_ip_data_raw", get_source),
    (14, "cf_ebpf_set_src_ip_data", set_source),
    (15, "cf_ebpf_get_flow_data_raw", get_flow),
    (16, "cf_ebpf_set_flow_data", set_flow),
    (18, "cf_ebpf_set_network_analytics_tag", set_tag),
];

fn bytes<'a>(address: u64, length: u64) -> &'a [u8] {
    // SAFETY: the programs are ours, and pass addresses of memory of this length.
    unsafe { std::slice::from_raw_parts(address as *const u8, length as usize) }
}

fn put(address: u64, room: u64, value: &[u8]) -> u64 {
    if address == 0 || room < value.len() as u64 {
        return BAD_DESTINATION;
    }
    // SAFETY: as above, and there is room.
    unsafe { (address as *mut u8).copy_from_nonoverlapping(value.as_ptr(), value.len()) };
    value.len() as u64
}

extern "C" fn timestamp(_: u64, _: u64, _: u64, _: u64) -> u64 {
    state().now
}

extern "C" fn sha256(source: u64, length: u64, to: u64, room: u64) -> u64 {
    put(to, room, &Sha256::digest(bytes(source, length)))
}

extern "C" fn hmac(source: u64, length: u64, to: u64, room: u64) -> u64 {
    // Made ready once, as the engine does.
    static KEYED: LazyLock<Hmac<Sha256>> =
        LazyLock::new(|| Hmac::new_from_slice(&KEY).expect("any key will do"));
    let mac = KEYED
        .clone()
        .chain_update(bytes(source, length))
        .finalize()
        .into_bytes();
    put(to, room, &mac)
}

extern "C" fn set_challenge(source: u64, length: u64, _: u64, _: u64) -> u64 {
    let state = state();
    let payload = bytes(source, length).to_vec();
    let recent = |entry: Source| entry.challenged == state.now;
    if state
        .tables
        .source(state.flow.src, state.now)
        .is_some_and(recent)
    {
        return NOT_NOW;
    }
    let now = state.now;
    state
        .tables
        .change_source(state.flow.src, now, |entry| entry.challenged = now);
    state.challenge = Some(payload);
    0
}

extern "C" fn get_source(to: u64, room: u64, _: u64, _: u64) -> u64 {
    let state = state();
    let found = state
        .tables
        .source(state.flow.src, state.now)
        .map(|entry| entry.data);
    get(to, room, found)
}

extern "C" fn set_source(data: u64, _: u64, _: u64, _: u64) -> u64 {
    let state = state();
    state
        .tables
        .change_source(state.flow.src, state.now, |entry| entry.data = data);
    0
}

extern "C" fn get_flow(to: u64, room: u64, _: u64, _: u64) -> u64 {
    let state = state();
    let found = state.tables.flow(&state.flow, state.now);
    get(to, room, found)
}

fn get(to: u64, room: u64, found: Option<u64>) -> u64 {
    match found {
        Some(data) => {
            put(to, room, &data.to_le_bytes());
            0
        }
        None => NO_ENTRY,
    }
}

extern "C" fn set_flow(data: u64, _: u64, _: u64, _: u64) -> u64 {
    let state = state();
    state.tables.set_flow(&state.flow, data, state.now);
    0
}

extern "C" fn set_tag(tag: u64, _: u64, _: u64, _: u64) -> u64 {
    state().tag = tag;
    0
}

/// A program's entry.
pub type Entry = extern "C" fn(*const [u64; 3]) -> u64;

/// Compiles `source` with BENCH_CC (`cc` without it) and loads it.
///
/// # Panics
/// Where that does not work: there is nothing to compare with then.
pub fn compile(source: &Path, folder: &Path) -> Entry {
    let headers = folder.join("include");
    std::fs::create_dir_all(&headers).unwrap();
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../toolchain/include");
    std::fs::copy(
        include.join("cf_ebpf_defs.h"),
        headers.join("cf_ebpf_defs.h"),
    )
    .unwrap();
    // Helpers are numbers to BPF; here they are variables that are filled in below.
    let helpers: String = std::fs::read_to_string(include.join("cf_ebpf_helper.h"))
        .unwrap()
        .lines()
        .map(
            |line| match (line.strip_prefix("static "), line.split_once(" = (void *)")) {
                (Some(_), Some((declaration, _))) => {
                    declaration.replace("static ", "").replace("(*const ", "(*") + ";\n"
                }
                _ => format!("{line}\n"),
            },
        )
        .collect();
    std::fs::write(headers.join("cf_ebpf_helper.h"), helpers).unwrap();
    let object = folder
        .join(source.file_stem().unwrap())
        .with_extension("so");
    let compiler = std::env::var("BENCH_CC").unwrap_or_else(|_| "cc".to_owned());
    let mut words = compiler.split_whitespace();
    let status = Command::new(words.next().unwrap())
        .args(words)
        .args(["-O2", "-shared", "-fPIC", "-ffreestanding", "-w", "-I"])
        .arg(&headers)
        .arg("-o")
        .args([&object, source])
        .status()
        .unwrap();
    assert!(status.success(), "{compiler} failed");
    let name = CString::new(object.to_str().unwrap()).unwrap();
    // SAFETY: the object was just made from our own source, and has no constructors.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    assert!(!handle.is_null(), "the object does not load");
    for (_, name, code) in &HELPERS {
        let variable = symbol(handle, name);
        // SAFETY: the variable is a pointer to a function, which callers pass up to four words.
        unsafe { variable.cast::<Helper>().write(*code) };
    }
    let entry = symbol(handle, "cf_ebpf_main");
    // SAFETY: that is how the programs define it.
    unsafe { std::mem::transmute::<*mut c_void, Entry>(entry) }
}

fn symbol(handle: *mut c_void, name: &str) -> *mut c_void {
    let name = CString::new(name).unwrap();
    // SAFETY: the handle is one of dlopen's.
    let symbol = unsafe { libc::dlsym(handle, name.as_ptr()) };
    assert!(!symbol.is_null(), "there is no {name:?}");
    symbol
}
