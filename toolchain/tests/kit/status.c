/* The first byte is an order for the status; tags with the status after it and what the order gave. */
#include "flowprotect.h"

uint64_t cf_ebpf_main(void *state) {
    struct fp_packet p;
    if (!fp_open(state, &p))
        return CF_EBPF_DROP;
    uint8_t order = fp_u8_at(&p, 0);
    uint64_t seconds = fp_u8_at(&p, 1), done = 0;
    if (seconds == 255)
        seconds = FP_FOREVER;
    if (order == 'v')
        done = fp_verify_for(seconds);
    if (order == 'b')
        done = fp_block_for(seconds);
    if (order == 'c')
        done = fp_challenged_for(seconds);
    if (order == 'f')
        fp_forget();
    set_network_analytics_tag(done << 8 | (uint64_t)fp_is_verified() << 5 | (uint64_t)fp_is_blocked() << 4 | fp_status());
    return CF_EBPF_PASS;
}
