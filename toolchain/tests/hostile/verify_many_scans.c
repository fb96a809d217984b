// expect: any
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *s) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers h;
    if (parse_packet_data(s, &p, &h) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(h.udp + 1);
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 0) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 1) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 2) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 3) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 4) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 5) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 6) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 7) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 8) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 9) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 10) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 11) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 12) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 13) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 14) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 15) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 16) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 17) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 18) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 19) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 20) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 21) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 22) { payload = q; break; } }
    for (uint8_t *q = payload; q + 1 <= h.data_end; q++) { HIDE(q); if (q + 1 > h.data_end) break; if (*q == 23) { payload = q; break; } }
    return payload == h.data_end;
}
