"""Process that runs cases of the fuzzer, within limits of time and memory.

From its input it reads lines ``KIND FIRST LAST``; to its output it writes a line of JSON for each
case. See fuzzer.py.
"""

import contextlib
import faulthandler
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
import zlib
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="astrocnn-fuzz-"))
(HOME / "home/astropy").mkdir(parents=True)
for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "KERAS_HOME", "MPLCONFIGDIR"):
    os.environ[variable] = str(HOME / "home")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["NO_PROXY"] = "127.0.0.1"
for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import bad  # noqa: E402
import kept  # noqa: E402
import kinds  # noqa: E402
import numpy as np  # noqa: E402
from mutations import mutate_files  # noqa: E402

import astrocnn  # noqa: E402
from astrocnn.config import conf  # noqa: E402
from astrocnn.exceptions import AstrocnnError  # noqa: E402

CPU_SECONDS = 20
MEMORY = 2 * 2**30
#: Built-in errors that the documentation promises, if it is our code that raises them.
PROMISED = (FileNotFoundError, ImportError)
PACKAGE = str(Path(astrocnn.__file__).parent)


class Seeds:
    """The valid inputs of a kind, and what comes out of them."""

    def __init__(self, name):
        self.name, self.kind = name, (kinds.KINDS | kept.KINDS | bad.KINDS)[name]
        folder = HOME / name
        folder.mkdir()
        self.kind.make(folder)
        self.variants = {
            variant.name: {
                str(path.relative_to(variant)): path.read_bytes()
                for path in sorted(variant.rglob("*"))
                if path.is_file()
            }
            for variant in sorted(folder.iterdir())
        }
        # What is valid is read, and what is compiled is compiled, before there are limits.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.right = {
                (variant, way): self.kind.read(folder / variant, way)
                for variant in ([] if name in bad.KINDS else self.variants)
                for way in range(2)
            }

    def case(self, number, keep=""):
        """Run a case; a dict that says what became of it."""
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), number])
        variant, way = str(rng.choice(list(self.variants))), int(rng.integers(30))
        files, changes, raw = mutate_files(self.variants[variant], rng)
        folder = Path(tempfile.mkdtemp(dir=HOME))
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        if keep:
            shutil.copytree(folder, keep, dirs_exist_ok=True)
        what = f"{variant}, way {way}: {'; '.join(changes)}"
        try:
            with _limits():
                found = self.kind.read(folder, way)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # panics of Rust code are no `Exception`
            return _judge(error, what)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if self.kind.checked and raw:
            right = self.right[variant, way % 2]
            wrong = [name for name in right if not _same(right[name], found.get(name))]
            if wrong:
                text = f"{what}\n{', '.join(wrong)} changed without a word"
                return {"fault": "wrong numbers", "where": f"{variant} {wrong[0]}", "text": text}
        return {}


def _same(right, found) -> bool:
    """Whether nothing but what is missing, or marked as such (NaN, no name), differs."""
    if found is None or found.shape != right.shape:
        return found is None
    missing = (found == "") if found.dtype.kind == "U" else np.isnan(found)
    return bool(np.all(missing | (found == right)))


@contextlib.contextmanager
def _limits():
    """Processor time and address space of a case; who exceeds the former ends the process."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    if pages:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if pages:
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _judge(error, what) -> dict:
    """Say whether an error is one of ours."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(PACKAGE)]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].name}" if ours else "the fuzzer"
    text = "".join(traceback.format_exception(error))[-3000:]
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    if any(isinstance(e, MemoryError) for e in chain):
        return {"fault": "memory", "where": place, "text": f"{what}\n{text}"}
    promised = isinstance(error, PROMISED) and frames[-1].filename.startswith(PACKAGE)
    if isinstance(error, AstrocnnError) or promised:
        return {"refused": True}
    return {"fault": type(error).__name__, "where": place, "text": f"{what}\n{text}"}


def main():
    """Run the cases of the command line, or of the input."""
    faulthandler.enable()
    faulthandler.register(signal.SIGPROF, chain=True)
    conf.progress = False
    conf.check_coverage = False
    seeds = {}
    if sys.argv[1:]:
        kind, number, keep = sys.argv[1:]
        found = Seeds(kind).case(int(number), keep)
        print(found.pop("text", ""), found or "nothing wrong")
        sys.exit("fault" in found)
    reports = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print
    for line in sys.stdin:
        kind, first, last = line.split()
        if kind not in seeds:
            seeds[kind] = Seeds(kind)
        for number in range(int(first), int(last)):
            print(json.dumps(seeds[kind].case(number)), file=reports)


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(HOME, ignore_errors=True)
