/* Counts in a global. differs: pfp-verifier panics. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
volatile uint64_t packets;

uint64_t cf_ebpf_main(void *state) {
    packets++; // refused: load.global
    return packets > 1000;
}
