/* Two packets a second from a source, five at once. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    return fp_bucket_source(2, 5, 1) ? CF_EBPF_PASS : CF_EBPF_DROP;
}
