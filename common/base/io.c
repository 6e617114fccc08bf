/* SPDX-License-Identifier: Apache-2.0 */
#include "io.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

bool iq_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += done;
		n -= (size_t)done;
	}
	return true;
}

bool iq_dir_is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	bool empty = true;

	if (d == NULL)
		return errno == ENOENT;
	for (struct dirent *e; empty && (e = readdir(d)) != NULL;)
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	closedir(d);
	return empty;
}
