/*
 * Instructions that an aarch64 program runs under qemu-user, as a qemu plugin: all of them, and those before its first and its
 * last write to standard output. For size.py, which compiles it.
 *
 * qemu installs no header for plugins everywhere, so the six functions of its plugin interface (version 1) that are called
 * here are declared here.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct block;
typedef void on_block(plugin_id, struct block *);
typedef void on_run(unsigned, void *);
typedef void on_call(plugin_id, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                     uint64_t);
typedef void on_end(plugin_id, void *);

size_t qemu_plugin_tb_n_insns(const struct block *);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, on_block *);
void qemu_plugin_register_vcpu_tb_exec_cb(struct block *, on_run *, int, void *);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id, on_call *);
void qemu_plugin_register_atexit_cb(plugin_id, on_end *, void *);
void qemu_plugin_outs(const char *);

/* write(2) on aarch64. */
enum { WRITE = 64, STANDARD_OUTPUT = 1 };

static _Atomic uint64_t total, first, last;

static void ran(unsigned cpu, void *instructions)
{
    (void)cpu;
    atomic_fetch_add(&total, (uintptr_t)instructions);
}

static void translated(plugin_id id, struct block *block)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, ran, 0, (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

static void called(plugin_id id, unsigned cpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                   uint64_t f, uint64_t g, uint64_t h)
{
    (void)id, (void)cpu, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number == WRITE && a == STANDARD_OUTPUT) {
        last = total;
        if (first == 0)
            first = last;
    }
}

static void ended(plugin_id id, void *nothing)
{
    (void)id, (void)nothing;
    char line[96];
    snprintf(line, sizeof line, "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", (uint64_t)total, (uint64_t)first, (uint64_t)last);
    qemu_plugin_outs(line);
}

int qemu_plugin_version = 1;

int qemu_plugin_install(plugin_id id, const void *machine, int argc, char **argv)
{
    (void)machine, (void)argc, (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
