// Files that are replaced as a whole.
#include "app/replace_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <iterator>

#include "temp_dir.h"

namespace dn::app {
namespace {

using testing::HasSubstr;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

unsigned mode(const std::string& path) {
  struct stat st {};
  EXPECT_EQ(stat(path.c_str(), &st), 0);
  return st.st_mode & 07777U;
}

TEST(ReplaceFile, ANewOneIsForItsOwnerAlone) {
  const TempDir dir;
  for (const FileMode m : {FileMode::Private, FileMode::Kept}) {
    const std::string path = dir / (m == FileMode::Private ? "a" : "b");
    EXPECT_EQ(replace_file(path, "new", m), "");
    EXPECT_EQ(content(path), "new");
    EXPECT_EQ(mode(path), 0600U);
  }
}

TEST(ReplaceFile, WhoMayReadItIsDecidedByItsOwnerOnce) {
  const TempDir dir;
  const std::string path = dir.write("a", "old");
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(replace_file(path, "new", FileMode::Kept), "");
  EXPECT_EQ(mode(path), 0640U);
  EXPECT_EQ(replace_file(path, "newer", FileMode::Private), "");
  EXPECT_EQ(mode(path), 0600U);
  EXPECT_EQ(content(path), "newer");
}

TEST(ReplaceFile, AReaderKeepsWhatItHasOpened) {
  const TempDir dir;
  const std::string path = dir.write("a", "old");
  std::ifstream reader(path);
  EXPECT_EQ(replace_file(path, "new", FileMode::Private), "");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(reader), {}), "old");
}

TEST(ReplaceFile, TouchesNothingThatIsNoFile) {
  const TempDir dir;
  const std::string file = dir.write("a", "old");
  std::filesystem::create_symlink(file, dir / "link");
  std::filesystem::create_directory(dir / "folder");
  for (const char* name : {"link", "folder"}) EXPECT_THAT(replace_file(dir / name, "new", FileMode::Kept), HasSubstr("is not a regular file"));
  EXPECT_EQ(content(file), "old");
  EXPECT_THAT(replace_file(dir / "nowhere/a", "new", FileMode::Private), HasSubstr("No such file"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 3) << "nothing is left beside them";
}

}  // namespace
}  // namespace dn::app
