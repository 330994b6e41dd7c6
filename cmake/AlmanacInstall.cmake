# What `cmake --install` puts where, and how others find it: find_package(almanac) and pkg-config.

set(ALMANAC_LIBRARIES compute cache engine)
set(ALMANAC_CONFIG_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/almanac)

foreach(library ${ALMANAC_LIBRARIES})
  target_compile_features(almanac_${library} PUBLIC cxx_std_20)
  set_target_properties(almanac_${library} PROPERTIES INSTALL_RPATH "$ORIGIN")
  install(TARGETS almanac_${library} EXPORT almanac-targets
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endforeach()

# The program finds what it loads beside itself, wherever the prefix is moved: its commands, and what `almanac wrap` loads into
# other programs.
install(TARGETS almanac_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
set_target_properties(almanac_commands PROPERTIES INSTALL_RPATH "$ORIGIN/..")
install(TARGETS almanac_commands almanac_fftw_wrap LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/almanac)

# The data that the program and its manual speak of.
foreach(room catalogs missions inputs)
  install(DIRECTORY data/${room} DESTINATION ${CMAKE_INSTALL_DATADIR}/almanac)
endforeach()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(EXPORT almanac-targets NAMESPACE almanac:: DESTINATION ${ALMANAC_CONFIG_FOLDER})
configure_package_config_file(cmake/almanac-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/almanac-config.cmake
                              INSTALL_DESTINATION ${ALMANAC_CONFIG_FOLDER})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/almanac-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/almanac-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/almanac-config-version.cmake
        DESTINATION ${ALMANAC_CONFIG_FOLDER})

# Paths in the pkg-config file are relative to it, so that the prefix may be moved.
cmake_path(SET pkgconfig_folder NORMALIZE ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH prefix_from_pkgconfig ${pkgconfig_folder} ${CMAKE_INSTALL_PREFIX})
cmake_path(NORMAL_PATH prefix_from_pkgconfig)
configure_file(cmake/almanac.pc.in ${CMAKE_CURRENT_BINARY_DIR}/almanac.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/almanac.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
