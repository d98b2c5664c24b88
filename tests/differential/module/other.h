/* SPDX-License-Identifier: GPL-2.0 */
/* Parts of a run that are one file each. */
#ifndef _DIFFERENTIAL_OTHER_H
#define _DIFFERENTIAL_OTHER_H

void callback_run(unsigned int requests);
void bad_input_run(unsigned int requests);

#endif /* _DIFFERENTIAL_OTHER_H */
