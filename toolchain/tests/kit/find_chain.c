/* Four searches, each from where the one before ended. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint64_t first = fp_find(&p, 0, '{');
    uint64_t second = fp_find(&p, first + 1, ':');
    uint64_t third = fp_find(&p, second + 1, ',');
    uint64_t fourth = fp_find(&p, third + 1, '}');
    set_network_analytics_tag(fp_u8_at(&p, fourth + 1));
    return CF_EBPF_PASS;
}
