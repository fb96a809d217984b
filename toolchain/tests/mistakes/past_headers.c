// A header structure read past what was parsed.
// says: reads 4 bytes
// says: nothing proves it is before headers.data_end
// says: Compare `(uint8_t *)(ping + 1) > headers.data_end`
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
struct ping { uint8_t route[200]; uint32_t magic; };

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
#ifndef MENDED
    struct ping *ping = (struct ping *)(headers.udp + 1);
    return ping->magic == 7; // mistake: verify.packet_bounds
#else
    struct ping *ping = (struct ping *)(headers.udp + 1);
    if ((uint8_t *)(ping + 1) > headers.data_end)
        return CF_EBPF_DROP;
    return ping->magic == 7;
#endif
}
