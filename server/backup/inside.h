/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BACKUP_INSIDE_H
#define IQ_BACKUP_INSIDE_H

/*
 * What is inside the sealed stream: parts, each one byte of type and numbers little-endian:
 *   'F'  name length u16, bytes u64, name, contents        a file, by its name under DIR
 *   'T'  name length u16, name                             entries of this table follow
 *   'E'  key length u16, value length u32, key, value
 *   'Z'  entries u64                                       the end
 */

#define IQ_BACKUP_LAST "last-backup"
#define IQ_ERASURES "erasures"

enum { IQ_INSIDE_NAME = 64 };

#endif
