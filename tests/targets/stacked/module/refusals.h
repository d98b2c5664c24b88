/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _DM_IO_RUST_REFUSALS_H
#define _DM_IO_RUST_REFUSALS_H

int refuse_memory_init(void);
void refuse_memory_exit(void);
int refuse_workers_init(void);
void refuse_workers_exit(void);

#endif /* _DM_IO_RUST_REFUSALS_H */
