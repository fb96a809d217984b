// An HMAC over a length from the packet without an upper limit.
// says: hmac_sha256: argument 1 (src)
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
#ifndef MENDED
    uint64_t mac[4];
    int64_t n = p->packet_buffer[28] * 8;
    HIDE(n);
    if (n < 1)
        return CF_EBPF_DROP;
    hmac_sha256(payload, n, (uint8_t *)mac, sizeof(mac)); // mistake: verify.packet_bounds
    return mac[0] == 0;
#else
    uint64_t mac[4];
    int64_t n = p->packet_buffer[28] * 8;
    HIDE(n);
    if (n < 1 || n > 64 || payload + n > headers.data_end)
        return CF_EBPF_DROP;
    hmac_sha256(payload, n, (uint8_t *)mac, sizeof(mac));
    return mac[0] == 0;
#endif
}
