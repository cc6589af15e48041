/* Watches what a program makes durable, for crates/testkit/src/power_cut.rs. Loaded with LD_PRELOAD.
 *
 * A file that was synced is copied, as it is then, to $POWER_CUT/contents/INODE, and the copy replaces the one before at
 * once. A folder that was synced gets its list of names, "INODE NAME" a line, at $POWER_CUT/names/INODE; the name of a
 * folder ends in /. What is in neither of them wouldn't be there after a power cut. Inodes are never reused while a test
 * keeps its files.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void keep_contents(int fd, const char *temporary) {
    char from[64], block[65536];
    snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t got;
    while (in >= 0 && out >= 0 && (got = read(in, block, sizeof block)) > 0)
        if (write(out, block, got) != got) abort();
    if (in < 0 || out < 0) abort();
    close(in);
    close(out);
}

static void keep_names(int fd, const char *temporary) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    DIR *folder = opendir(path);
    FILE *out = fopen(temporary, "we");
    if (!folder || !out) abort();
    for (struct dirent *entry; (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            fprintf(out, "%lu %s%s\n", (unsigned long)entry->d_ino, entry->d_name, entry->d_type == DT_DIR ? "/" : "");
    fclose(out);
    closedir(folder);
}

static void keep(int fd) {
    const char *root = getenv("POWER_CUT");
    struct stat stat;
    if (!root || fstat(fd, &stat)) return;
    int is_folder = S_ISDIR(stat.st_mode);
    if (!is_folder && !S_ISREG(stat.st_mode)) return;
    char temporary[4096], final[4096];
    snprintf(temporary, sizeof temporary, "%s/temporary", root);
    snprintf(final, sizeof final, "%s/%s/%lu", root, is_folder ? "names" : "contents", (unsigned long)stat.st_ino);
    pthread_mutex_lock(&lock);
    if (is_folder) keep_names(fd, temporary); else keep_contents(fd, temporary);
    if (rename(temporary, final)) abort();
    pthread_mutex_unlock(&lock);
}

#define WATCHED(name)                                                   \
    int name(int fd) {                                                  \
        static int (*real)(int);                                        \
        if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, #name);        \
        int result = real(fd);                                          \
        int reason = errno;                                             \
        if (result == 0) keep(fd);                                      \
        errno = reason;                                                 \
        return result;                                                  \
    }

WATCHED(fsync)
WATCHED(fdatasync)
