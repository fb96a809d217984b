// A large struct handed over by value.
// says: by value
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
struct big { uint64_t words[8]; };
#ifndef MENDED
__attribute__((noinline)) uint64_t first(struct big b) { return b.words[0]; }
#else
static inline uint64_t first(const struct big *b) { return b->words[0]; }
#endif

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
#ifndef MENDED
    struct big b = {{p->packet_buffer[28]}};
    return first(b) & 1; // mistake: compile.struct_by_value
#else
    struct big b = {{p->packet_buffer[28]}};
    return first(&b) & 1;
#endif
}
