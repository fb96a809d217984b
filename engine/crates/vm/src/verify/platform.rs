//! What Prevail has to know of FlowProtect: the context, the helpers and read-only data.

use crate::additions::table::{ADDITIONS, FIRST, Register};
use prevail::elf_loader::UnmarshalError;
use prevail::linux::spec_prototypes::HelperPrototype;
use prevail::platform::EbpfPlatform;
use prevail::spec::config::{EbpfRuntimeConfig, EbpfVerifierOptions, VerbosityOptions};
use prevail::spec::ebpf_base::{EbpfArgumentType as A, EbpfCtxDescriptor, EbpfReturnType};
use prevail::spec::type_descriptors::{
    EbpfMapDescriptor, EbpfMapType, EbpfMapValueType, EbpfProgramType,
};

const fn helper(name: &'static str, argument_type: [A; 5]) -> HelperPrototype {
    HelperPrototype {
        name,
        return_type: EbpfReturnType::Integer,
        argument_type,
        reallocate_packet: false,
        ctx_descriptor: None,
        unsupported: false,
        might_sleep: false,
        zero_args_mask: 0,
        allowed_map_types: 0,
    }
}

const NONE: [A; 5] = [A::DontCare; 5];
const VALUE: [A; 5] = [
    A::Anything,
    A::DontCare,
    A::DontCare,
    A::DontCare,
    A::DontCare,
];
const VALUES: [A; 5] = [
    A::Anything,
    A::Anything,
    A::DontCare,
    A::DontCare,
    A::DontCare,
];
const READ: [A; 5] = [
    A::PtrToReadableMem,
    A::ConstSize,
    A::DontCare,
    A::DontCare,
    A::DontCare,
];
const READ_OR_EMPTY: [A; 5] = [
    A::PtrToReadableMem,
    A::ConstSizeOrZero,
    A::DontCare,
    A::DontCare,
    A::DontCare,
];
const WRITE: [A; 5] = [
    A::PtrToWritableMem,
    A::ConstSize,
    A::DontCare,
    A::DontCare,
    A::DontCare,
];
const WRITE_TWICE: [A; 5] = [
    A::PtrToWritableMem,
    A::ConstSize,
    A::PtrToWritableMem,
    A::ConstSize,
    A::DontCare,
];
const READ_WRITE: [A; 5] = [
    A::PtrToReadableMem,
    A::ConstSize,
    A::PtrToWritableMem,
    A::ConstSize,
    A::DontCare,
];

/// Indexed by helper id; 0 is not a helper.
static HELPERS: [HelperPrototype; 21] = [
    helper("unused", NONE),
    helper("rand", NONE),
    helper("timestamp", NONE),
    helper("cf_ebpf_printf", NONE),
    helper("hash_md5", READ_WRITE),
    helper("hash_sha256", READ_WRITE),
    helper("hash_sha512", READ_WRITE),
    helper("hash_crc32", READ_WRITE),
    helper("hmac_sha256", READ_WRITE),
    helper("hmac_sha512", READ_WRITE),
    helper("set_challenge", READ_OR_EMPTY),
    helper("get_src_ip_status", WRITE_TWICE),
    helper("set_src_ip_status", VALUES),
    helper("get_src_ip_data", WRITE),
    helper("set_src_ip_data", VALUE),
    helper("get_flow_data", WRITE),
    helper("set_flow_data", VALUE),
    helper("entropy", READ),
    helper("set_network_analytics_tag", VALUE),
    helper("hash_blake2b512", READ_WRITE),
    helper("hmac_blake2b512", READ_WRITE),
];

/// Those of FlowProtect alone, by id from [`FIRST`].
static OWN_HELPERS: [HelperPrototype; ADDITIONS.len()] = {
    let mut own = [const { helper("unused", NONE) }; ADDITIONS.len()];
    let mut at = 0;
    while at < own.len() {
        let registers = ADDITIONS[at].registers;
        let mut kinds = NONE;
        let mut register = 0;
        while register < registers.len() {
            kinds[register] = match registers[register] {
                Register::Read | Register::Literal => A::PtrToReadableMem,
                Register::Out => A::PtrToWritableMem,
                Register::Size => A::ConstSize,
                Register::Number => A::Anything,
            };
            register += 1;
        }
        own[at] = helper(ADDITIONS[at].name, kinds);
        at += 1;
    }
    own
};

static CONTEXT: EbpfCtxDescriptor = EbpfCtxDescriptor {
    size: 24,
    data: 0,
    end: 8,
    meta: 16,
};

/// Options of the product's verdict: strict, terminating, no division by zero, four frames of 2,048 bytes.
pub fn options() -> EbpfVerifierOptions {
    EbpfVerifierOptions {
        must_have_exit: true,
        mock_map_fds: true,
        runtime: EbpfRuntimeConfig {
            strict: true,
            allow_division_by_zero: false,
            setup_constraints: true,
            big_endian: false,
            check_for_termination: true,
            subprogram_stack_size: crate::memory::FRAME_BYTES as i32,
            max_call_stack_frames: crate::memory::FRAMES as i32,
            max_packet_size: 0xffff,
        },
        verbosity_opts: VerbosityOptions {
            simplify: true,
            print_line_info: true,
            ..Default::default()
        },
    }
}

/// The platform; `maps` are the one-entry maps Prevail's loader makes of read-only sections.
#[derive(Default)]
pub struct Platform {
    pub maps: Vec<EbpfMapDescriptor>,
}

impl EbpfPlatform for Platform {
    fn get_program_type(&self, _section: &str, _path: &str) -> EbpfProgramType {
        EbpfProgramType {
            name: "packet".into(),
            ctx_descriptor: Some(&CONTEXT),
            ..Default::default()
        }
    }

    fn get_helper_prototype(&self, id: i32) -> &HelperPrototype {
        self.try_get_helper_prototype(id).unwrap_or(&HELPERS[0])
    }

    fn try_get_helper_prototype(&self, id: i32) -> Option<&HelperPrototype> {
        if id >= FIRST {
            return OWN_HELPERS.get(usize::try_from(id - FIRST).ok()?);
        }
        HELPERS.get(usize::try_from(id).ok()?)
    }

    fn is_helper_usable(&self, id: i32) -> bool {
        crate::helpers::name(id).is_some()
    }

    fn map_record_size(&self) -> usize {
        28
    }

    // Files with legacy map sections are refused before Prevail sees them.
    fn parse_maps_section(
        &mut self,
        _: &mut Vec<EbpfMapDescriptor>,
        _: &[u8],
        _: usize,
        _: usize,
        _: &EbpfVerifierOptions,
    ) {
    }

    fn resolve_inner_map_references(
        &self,
        _: &mut Vec<EbpfMapDescriptor>,
    ) -> Result<(), UnmarshalError> {
        Ok(())
    }

    fn get_map_descriptor(&self, fd: i32) -> Option<&EbpfMapDescriptor> {
        self.maps.iter().find(|map| map.original_fd == fd)
    }

    fn get_map_type(&self, kind: u32) -> EbpfMapType {
        EbpfMapType {
            platform_specific_type: kind,
            name: "array".into(),
            is_array: true,
            value_type: EbpfMapValueType::Any,
        }
    }

    fn supported_conformance_groups(&self) -> u32 {
        prevail::linux::linux_platform::conformance_groups::DEFAULT_GROUPS
    }
}
