/* The runtime half of clang's -wasm-enable-sjlj (WebAssembly tool conventions, SetjmpLongjmp.md).
 * A jmp_buf holds which call of setjmp it belongs to; longjmp throws the tag of longjmp_tag.s. */
#include <stdint.h>

struct jump {
    void *invocation;
    uint32_t label;
    struct {
        void *environment;
        int value;
    } thrown;
};

void __wasm_setjmp(void *environment, uint32_t label, void *invocation)
{
    struct jump *jump = environment;
    jump->invocation = invocation;
    jump->label = label;
}

uint32_t __wasm_setjmp_test(void *environment, void *invocation)
{
    struct jump *jump = environment;
    return jump->invocation == invocation ? jump->label : 0;
}

void __wasm_longjmp(void *environment, int value)
{
    struct jump *jump = environment;
    jump->thrown.environment = environment;
    jump->thrown.value = value ? value : 1; /* ISO C: setjmp never returns 0 twice */
    __builtin_wasm_throw(1, &jump->thrown);
}
