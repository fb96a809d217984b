// A token filter whose length comes from the packet and whose last bounds check is missing.
// says: reads 1 byte at offset
// says: nothing proves it is before headers.data_end
// says: Compare `last_byte + 1 > headers.data_end`
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
    if (payload + 3 > headers.data_end)
        return CF_EBPF_DROP;
    uint16_t token_len = payload[1] << 8 | payload[2];
    if (token_len > 1000)
        return CF_EBPF_DROP;
    uint8_t *last_byte = payload + 3 + token_len;
    if (*last_byte != 0xCF) // mistake: verify.packet_bounds
        return CF_EBPF_DROP;
    return CF_EBPF_PASS;
#else
    if (payload + 3 > headers.data_end)
        return CF_EBPF_DROP;
    uint16_t token_len = payload[1] << 8 | payload[2];
    if (token_len > 1000)
        return CF_EBPF_DROP;
    uint8_t *last_byte = payload + 3 + token_len;
    if (last_byte + 1 > headers.data_end)
        return CF_EBPF_DROP;
    if (*last_byte != 0xCF)
        return CF_EBPF_DROP;
    return CF_EBPF_PASS;
#endif
}
