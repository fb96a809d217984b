// A helper that needs memory gets NULL.
// says: hmac_sha256: argument 1 (src) must be the address of memory, and not NULL
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
    hmac_sha256(NULL, 8, (uint8_t *)mac, sizeof(mac)); // mistake: verify.helper_argument
    return mac[0] == 0;
#else
    uint64_t mac[4];
    hmac_sha256(headers.udp, 8, (uint8_t *)mac, sizeof(mac));
    return mac[0] == 0;
#endif
}
