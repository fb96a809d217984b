/* A thousand bytes a second in a flow, two thousand at once. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    return fp_bucket_flow(1000, 2000, p.length) ? CF_EBPF_PASS : CF_EBPF_DROP;
}
