/* A table of strings. differs: pfp-verifier panics. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
static const char *const volatile words[] = {"one", "two"};

uint64_t cf_ebpf_main(void *state) {
    const char *word = words[rand() & 1]; // refused: load.pointer_table
    return *word & 1;
}
