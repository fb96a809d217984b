/* Four packets in any ten seconds from a source. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    return fp_window_source(10, 4) ? CF_EBPF_PASS : CF_EBPF_DROP;
}
