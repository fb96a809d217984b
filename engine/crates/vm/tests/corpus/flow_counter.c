/* Passes the first ten packets of a flow. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    uint64_t seen = 0;
    get_flow_data(&seen);
    set_flow_data(seen + 1);
    return seen < 10 ? CF_EBPF_PASS : CF_EBPF_DROP;
}
