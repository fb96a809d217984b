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
    uint64_t n = 0;
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 0) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 1) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 2) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 3) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 4) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 5) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 6) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 7) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 8) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 9) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 10) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 11) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 12) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 13) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 14) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 15) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 16) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 17) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 18) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 19) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 20) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 21) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 22) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 23) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 24) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 25) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 26) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 27) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 28) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 29) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 30) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 31) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 32) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 33) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 34) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 35) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 36) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 37) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 38) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 39) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 40) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 41) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 42) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 43) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 44) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 45) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 46) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 47) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 48) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 49) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 50) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 51) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 52) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 53) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 54) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 55) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 56) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 57) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 58) break; n += i; }
    for (uint64_t i = 0; i < 50; i++) { HIDE(i); if (i > 49 || p->packet_buffer[i] == 59) break; n += i; }
    return n & 1;
}
