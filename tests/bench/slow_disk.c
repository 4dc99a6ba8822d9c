/* A disk whose flush takes 2 ms longer, as a library to preload. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static int flush_slowly(const char *name, int descriptor)
{
    const struct timespec delay = {0, 2000000};
    int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);

    nanosleep(&delay, NULL);
    return flush(descriptor);
}

int fsync(int descriptor) { return flush_slowly("fsync", descriptor); }
int fdatasync(int descriptor) { return flush_slowly("fdatasync", descriptor); }
