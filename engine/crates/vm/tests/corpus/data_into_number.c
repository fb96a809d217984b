/* Reads state to an address that is a number. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    get_flow_data((uint64_t *)0x30000); // refused: verify.helper_argument
    return CF_EBPF_PASS;
}
