// The kernels of src/Inference.Vectors/Kernels once more in C++ with the same instructions in the same order, to see what the JIT loses. Prints one line a kernel:
// name, dimension, rows, nanoseconds per vector (and query), checksum of the results, which has to be that of the C# side. AVX-512 only. Built and run by kernels.sh.
#include <immintrin.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr size_t kGroupBytes = 64, kBlockRows = 16, kQueries = 4;

// What the kernels work on. Filled by the generator that the C# side has too.
struct Data {
  size_t dimension, rows;
  float *query, *matrix;
  int32_t *codeQueries;  // kQueries * dimension / 4
  uint8_t *codes;
  int16_t *words;        // a query of 16 bits
  float *scores;         // rows
  int32_t *sums;         // kQueries * rows
};

// Large blocks ask for pages of 2 MiB, as Memory/HugePages.cs does.
template <class T>
T *aligned(size_t count) {
  constexpr size_t kHugePage = 2 << 20;
  size_t bytes = count * sizeof(T), alignment = bytes >= 4 * kHugePage ? kHugePage : 64;
  bytes = (bytes + alignment - 1) / alignment * alignment;
  void *block = std::aligned_alloc(alignment, bytes);
  if (alignment == kHugePage) madvise(block, bytes, MADV_HUGEPAGE);
  return static_cast<T *>(block);
}

uint32_t state;
uint32_t next() { return state = state * 1664525u + 1013904223u; }
float nextFloat() { return static_cast<float>(next() >> 8) * (1.0f / 16777216) - 0.5f; }

Data make(size_t dimension, size_t rows) {
  Data d{dimension, rows, aligned<float>(dimension), aligned<float>(rows * dimension), aligned<int32_t>(kQueries * dimension / 4),
         aligned<uint8_t>(rows * dimension), aligned<int16_t>(dimension), aligned<float>(rows), aligned<int32_t>(kQueries * rows)};
  state = 1;
  for (size_t i = 0; i < dimension; i++) d.query[i] = nextFloat();
  for (size_t i = 0; i < rows * dimension; i++) d.matrix[i] = nextFloat();
  auto *codeQueries = reinterpret_cast<int8_t *>(d.codeQueries);
  for (size_t i = 0; i < kQueries * dimension; i++) codeQueries[i] = static_cast<int8_t>(static_cast<int>((next() >> 24) % 127) - 63);
  for (size_t i = 0; i < rows * dimension; i++) d.codes[i] = static_cast<uint8_t>(next() >> 24);
  for (size_t i = 0; i < dimension; i++) d.words[i] = static_cast<int16_t>(next() >> 16);
  return d;
}

// The sixteen lanes of sixteen rows, folded together: lane + 8, + 4, + 2, + 1.
inline __m512 fold8(__m512 a, __m512 b) { return _mm512_shuffle_f32x4(a, b, 0x44) + _mm512_shuffle_f32x4(a, b, 0xEE); }
inline __m512 fold4(__m512 a, __m512 b) { return _mm512_shuffle_f32x4(a, b, 0x88) + _mm512_shuffle_f32x4(a, b, 0xDD); }
inline __m512 fold2(__m512 a, __m512 b) { return _mm512_shuffle_ps(a, b, 0x44) + _mm512_shuffle_ps(a, b, 0xEE); }
inline __m512 fold1(__m512 a, __m512 b) { return _mm512_shuffle_ps(a, b, 0x88) + _mm512_shuffle_ps(a, b, 0xDD); }

struct Product {
  static __m512 add(__m512 sum, __m512 a, __m512 b) { return sum + a * b; }
};
struct SquaredDifference {
  static __m512 add(__m512 sum, __m512 a, __m512 b) { return sum + (a - b) * (a - b); }
};

template <class Term>
inline __m512 lanes(const float *query, const float *row, size_t dimension) {
  __m512 sum = _mm512_setzero_ps();
  for (size_t i = 0; i < dimension; i += 16) sum = Term::add(sum, _mm512_load_ps(query + i), _mm512_load_ps(row + i));
  return sum;
}

template <class Term>
void rows(const Data &d) {
  for (size_t row = 0; row < d.rows; row += 16) {
    __m512 r[16];
    for (size_t i = 0; i < 16; i++) r[i] = lanes<Term>(d.query, d.matrix + (row + i) * d.dimension, d.dimension);
    __m512 even = fold2(fold4(fold8(r[0], r[4]), fold8(r[8], r[12])), fold4(fold8(r[1], r[5]), fold8(r[9], r[13])));
    __m512 odd = fold2(fold4(fold8(r[2], r[6]), fold8(r[10], r[14])), fold4(fold8(r[3], r[7]), fold8(r[11], r[15])));
    _mm512_storeu_ps(d.scores + row, fold1(even, odd));
  }
}

inline __m512i dot(__m512i sum, __m512i code, int32_t query) {
  return _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_maddubs_epi16(code, _mm512_set1_epi32(query)), _mm512_set1_epi16(1)));
}

void bytesOne(const Data &d) {
  size_t groups = d.dimension / 4;
  for (size_t block = 0; block < d.rows / kBlockRows; block++) {
    const uint8_t *codes = d.codes + block * groups * kGroupBytes;
    __m512i even = _mm512_setzero_si512(), odd = even;
    for (size_t group = 0; group < groups; group += 2) {
      even = dot(even, _mm512_load_si512(codes + group * kGroupBytes), d.codeQueries[group]);
      odd = dot(odd, _mm512_load_si512(codes + (group + 1) * kGroupBytes), d.codeQueries[group + 1]);
    }
    _mm512_storeu_si512(d.sums + block * kBlockRows, _mm512_add_epi32(even, odd));
  }
}

void bytesFour(const Data &d) {
  size_t groups = d.dimension / 4;
  const int32_t *q0 = d.codeQueries, *q1 = q0 + groups, *q2 = q1 + groups, *q3 = q2 + groups;
  for (size_t block = 0; block < d.rows / kBlockRows; block++) {
    const uint8_t *codes = d.codes + block * groups * kGroupBytes;
    __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
    for (size_t group = 0; group < groups; group++) {
      __m512i code = _mm512_load_si512(codes + group * kGroupBytes);
      s0 = dot(s0, code, q0[group]);
      s1 = dot(s1, code, q1[group]);
      s2 = dot(s2, code, q2[group]);
      s3 = dot(s3, code, q3[group]);
    }
    int32_t *sums = d.sums + block * kBlockRows;
    _mm512_storeu_si512(sums, s0);
    _mm512_storeu_si512(sums + d.rows, s1);
    _mm512_storeu_si512(sums + 2 * d.rows, s2);
    _mm512_storeu_si512(sums + 3 * d.rows, s3);
  }
}

// The kernels of the graphs (src/Inference.Vectors/Graph/Kernels/Graph512.cs), over the rows in pieces of 32.
constexpr size_t kPiece = 32;
constexpr float kScale = 1.0f / 65536;

inline __m512i wide(const int8_t *row) { return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(row))); }
inline __m512 wide(const int16_t *row) { return _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(row)))); }
inline __m512i foldInt8(__m512i a, __m512i b) { return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x44), _mm512_shuffle_i32x4(a, b, 0xEE)); }
inline __m512i foldInt4(__m512i a, __m512i b) { return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xDD)); }

void graphDotRows(const Data &d) {
  auto *codes = reinterpret_cast<const int8_t *>(d.codes);
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
  for (size_t row = 0; row < d.rows; row += kPiece) {
    int32_t numbers[kPiece];
    for (size_t i = 0; i < kPiece; i++) numbers[i] = static_cast<int32_t>(static_cast<int64_t>(row + i) * 7919 % static_cast<int64_t>(d.rows));
    for (size_t i = 0; i < kPiece; i += 4) {
      __m512i s[4];
      const int8_t *r[4];
      for (size_t k = 0; k < 4; k++) s[k] = _mm512_setzero_si512(), r[k] = codes + static_cast<size_t>(numbers[i + k]) * d.dimension;
      for (size_t j = 0; j < d.dimension; j += 32) {
        __m512i q = _mm512_loadu_si512(d.words + j);
        for (size_t k = 0; k < 4; k++) s[k] = _mm512_add_epi32(s[k], _mm512_madd_epi16(q, wide(r[k] + j)));
      }
      __m512i folded = foldInt4(foldInt8(s[0], s[1]), foldInt8(s[2], s[3]));
      folded = _mm512_add_epi32(folded, _mm512_shuffle_epi32(folded, static_cast<_MM_PERM_ENUM>(0x4E)));
      folded = _mm512_add_epi32(folded, _mm512_shuffle_epi32(folded, static_cast<_MM_PERM_ENUM>(0xB1)));
      _mm_storeu_si128(reinterpret_cast<__m128i *>(d.sums + row + i), _mm512_castsi512_si128(_mm512_permutexvar_epi32(order, folded)));
    }
  }
}

inline float graphSum(__m512 lanes) {
  __m256 half = _mm512_castps512_ps256(lanes) + _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(lanes), 1));
  __m128 quarter = _mm256_castps256_ps128(half) + _mm256_extractf128_ps(half, 1);
  quarter = quarter + _mm_shuffle_ps(quarter, quarter, 0x4E);
  return quarter[0] + quarter[1];
}

inline float graphDot(const float *query, const int16_t *vector, size_t length) {
  __m512 even = _mm512_setzero_ps(), odd = even;
  for (size_t i = 0; i < length; i += 32) {
    even = _mm512_fmadd_ps(_mm512_loadu_ps(query + i), wide(vector + i), even);
    odd = _mm512_fmadd_ps(_mm512_loadu_ps(query + i + 16), wide(vector + i + 16), odd);
  }
  return graphSum(even + odd);
}

inline float graphSquaredL2(const float *query, const int16_t *vector, size_t length) {
  __m512 even = _mm512_setzero_ps(), odd = even, minus = _mm512_set1_ps(-kScale);
  for (size_t i = 0; i < length; i += 32) {
    __m512 a = _mm512_fmadd_ps(minus, wide(vector + i), _mm512_loadu_ps(query + i));
    __m512 b = _mm512_fmadd_ps(minus, wide(vector + i + 16), _mm512_loadu_ps(query + i + 16));
    even = _mm512_fmadd_ps(a, a, even);
    odd = _mm512_fmadd_ps(b, b, odd);
  }
  return graphSum(even + odd);
}

template <float (*Distance)(const float *, const int16_t *, size_t)>
void graphRows(const Data &d) {
  auto *vectors = reinterpret_cast<const int16_t *>(d.matrix);
  for (size_t row = 0; row < d.rows; row++) d.scores[row] = Distance(d.query, vectors + row * d.dimension, d.dimension);
}

inline int32_t fourBytes(const int8_t *query) {
  int32_t four;
  std::memcpy(&four, query, 4);
  return four;
}

// Bits of one shift of both halves times four bytes of the query.
inline void addCodes(__m512i &sum0, __m512i &sum1, __m512i half0, __m512i half1, int shift, __m512i mask, const int8_t *query) {
  __m512i q = _mm512_set1_epi32(fourBytes(query));
  sum0 = _mm512_add_epi16(sum0, _mm512_maddubs_epi16(_mm512_and_si512(_mm512_srli_epi16(half0, shift), mask), q));
  sum1 = _mm512_add_epi16(sum1, _mm512_maddubs_epi16(_mm512_and_si512(_mm512_srli_epi16(half1, shift), mask), q));
}

void graphSums2(const Data &d) {
  auto *query = reinterpret_cast<const int8_t *>(d.codeQueries);
  const __m512i mask = _mm512_set1_epi8(3), ones = _mm512_set1_epi16(1);
  for (size_t row = 0; row < d.rows; row += kPiece) {
    const uint8_t *codes = d.codes + row * d.dimension / 4;
    __m512i total0 = _mm512_setzero_si512(), total1 = total0;
    for (size_t i = 0; i < d.dimension;) {
      __m512i low0 = _mm512_setzero_si512(), low1 = low0, high0 = low0, high1 = low0;
      for (size_t end = std::min(d.dimension, i + 320); i < end; i += 16, codes += 128) {
        __m512i half0 = _mm512_loadu_si512(codes), half1 = _mm512_loadu_si512(codes + 64);
        addCodes(low0, low1, half0, half1, 0, mask, query + i);
        addCodes(high0, high1, half0, half1, 2, mask, query + i + 4);
        addCodes(low0, low1, half0, half1, 4, mask, query + i + 8);
        addCodes(high0, high1, half0, half1, 6, mask, query + i + 12);
      }
      total0 = _mm512_add_epi32(total0, _mm512_add_epi32(_mm512_madd_epi16(low0, ones), _mm512_madd_epi16(high0, ones)));
      total1 = _mm512_add_epi32(total1, _mm512_add_epi32(_mm512_madd_epi16(low1, ones), _mm512_madd_epi16(high1, ones)));
    }
    _mm512_storeu_si512(d.sums + row, total0);
    _mm512_storeu_si512(d.sums + row + 16, total1);
  }
}

void graphSums4(const Data &d) {
  auto *query = reinterpret_cast<const int8_t *>(d.codeQueries);
  const __m512i mask = _mm512_set1_epi8(15), ones = _mm512_set1_epi16(1);
  for (size_t row = 0; row < d.rows; row += kPiece) {
    const uint8_t *codes = d.codes + row * d.dimension / 2;
    __m512i total0 = _mm512_setzero_si512(), total1 = total0;
    for (size_t i = 0; i < d.dimension; i += 32) {
      __m512i low0 = _mm512_setzero_si512(), low1 = low0, high0 = low0, high1 = low0;
      for (size_t j = i; j < i + 32; j += 8, codes += 128) {
        __m512i half0 = _mm512_loadu_si512(codes), half1 = _mm512_loadu_si512(codes + 64);
        addCodes(low0, low1, half0, half1, 0, mask, query + j);
        addCodes(high0, high1, half0, half1, 4, mask, query + j + 4);
      }
      total0 = _mm512_add_epi32(total0, _mm512_madd_epi16(_mm512_add_epi16(low0, high0), ones));
      total1 = _mm512_add_epi32(total1, _mm512_madd_epi16(_mm512_add_epi16(low1, high1), ones));
    }
    _mm512_storeu_si512(d.sums + row, total0);
    _mm512_storeu_si512(d.sums + row + 16, total1);
  }
}

// The table: add a kernel here and under the same name in tests/Benchmarks/Vectors/KernelTable.cs.
struct Kernel {
  const char *name;
  void (*run)(const Data &);
  size_t queries;  // results a row
  bool integers;   // results are in sums, not in scores
};

const Kernel kKernels[] = {
    {"fp32-dot", rows<Product>, 1, false},
    {"fp32-l2", rows<SquaredDifference>, 1, false},
    {"bytes-one", bytesOne, 1, true},
    {"bytes-four", bytesFour, kQueries, true},
    {"graph-dot8", graphDotRows, 1, true},
    {"graph-dot16", graphRows<graphDot>, 1, false},
    {"graph-l2-16", graphRows<graphSquaredL2>, 1, false},
    {"graph-sums2", graphSums2, 1, true},
    {"graph-sums4", graphSums4, 1, true},
};

// Exclusive or of the bits of all results: in any order, and any bit that differs shows.
uint32_t checksum(const Kernel &kernel, const Data &d) {
  uint32_t sum = 0, bits;
  for (size_t i = 0; i < d.rows * kernel.queries; i++) {
    std::memcpy(&bits, kernel.integers ? static_cast<const void *>(d.sums + i) : d.scores + i, 4);
    sum = (sum << 1 | sum >> 31) ^ bits;
  }
  return sum;
}

double nanoseconds(const Kernel &kernel, const Data &d) {
  using clock = std::chrono::steady_clock;
  size_t calls = std::max<size_t>(1, 400000 / d.rows);
  double least = 1e18;
  for (int turn = 0; turn < 25; turn++) {
    auto start = clock::now();
    for (size_t i = 0; i < calls; i++) kernel.run(d);
    least = std::min(least, std::chrono::duration<double, std::nano>(clock::now() - start).count());
  }
  return least / static_cast<double>(calls * d.rows * kernel.queries);
}

}  // namespace

int main() {
  const size_t cases[][2] = {{64, 256}, {128, 256}, {64, 400000}, {128, 400000}};
  for (auto &[dimension, rowCount] : cases) {
    Data d = make(dimension, rowCount);
    for (const Kernel &kernel : kKernels) {
      double ns = nanoseconds(kernel, d);
      std::printf("%s %zu %zu %.4f %08x\n", kernel.name, dimension, rowCount, ns, checksum(kernel, d));
      std::fflush(stdout);
    }
    for (void *p : {static_cast<void *>(d.query), static_cast<void *>(d.matrix), static_cast<void *>(d.codeQueries), static_cast<void *>(d.codes), static_cast<void *>(d.words),
                    static_cast<void *>(d.scores), static_cast<void *>(d.sums)})
      std::free(p);
  }
}
